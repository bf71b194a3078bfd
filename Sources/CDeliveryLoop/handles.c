// Easy handles: configured once, bound to one endpoint and one shard, used over and over.
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static CURLcode configure_connection(struct handle *handle) {
    CURL *easy = handle->easy;
    struct endpoint *endpoint = handle->endpoint;
    CURLcode code = CURLE_OK;
#define SET(option, value) if (code == CURLE_OK) code = curl_easy_setopt(easy, option, value)
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_CURLU, endpoint->url);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_NOPROGRESS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_SHARE, handle->loop->share);
    SET(CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    SET(CURLOPT_HTTP_VERSION, (long)(handle->multiplexes ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    SET(CURLOPT_PIPEWAIT, handle->multiplexes ? 1L : 0L);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)endpoint->connect_timeout_ms);
    SET(CURLOPT_MAXLIFETIME_CONN, 600L);
    // Answers are short. Each transfer in flight has a buffer to read into; the least libcurl takes is 1,024 bytes. That
    // for uploads, of which this is the least, is made when it is needed.
    SET(CURLOPT_BUFFERSIZE, 2048L);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    if (handle->error) SET(CURLOPT_ERRORBUFFER, handle->error);
    if (code == CURLE_OK) code = fanfare_tls_configure(easy, endpoint);
    return code == CURLE_OK ? fanfare_proxy_configure(easy, endpoint) : code;
}

static CURLcode configure_request(struct handle *handle) {
    CURL *easy = handle->easy;
    CURLcode code = CURLE_OK;
    if (handle->endpoint->is_get) {
        SET(CURLOPT_HTTPGET, 1L);
    } else {
        SET(CURLOPT_POST, 1L);
        if (strcmp(handle->endpoint->method, "POST") != 0) SET(CURLOPT_CUSTOMREQUEST, handle->endpoint->method);
    }
    SET(CURLOPT_HEADERFUNCTION, fanfare_on_header);
    SET(CURLOPT_HEADERDATA, &handle->slot);
    SET(CURLOPT_WRITEFUNCTION, fanfare_on_body);
    SET(CURLOPT_WRITEDATA, &handle->slot);
    SET(CURLOPT_PREREQFUNCTION, fanfare_on_prerequest);
    SET(CURLOPT_PREREQDATA, handle);
    SET(CURLOPT_OPENSOCKETFUNCTION, fanfare_on_open);
    SET(CURLOPT_OPENSOCKETDATA, handle);
    // Kept by the connection, which may outlive handle and endpoint.
    SET(CURLOPT_CLOSESOCKETFUNCTION, fanfare_on_close);
    SET(CURLOPT_CLOSESOCKETDATA, handle->loop);
    SET(CURLOPT_PRIVATE, handle);
#undef SET
    return code;
}

static struct handle *make(fanfare_loop *loop, struct endpoint *endpoint) {
    struct handle *handle = calloc(1, sizeof *handle);
    if (!handle) return NULL;
    handle->loop = loop;
    handle->endpoint = endpoint;
    handle->connection = CURL_SOCKET_BAD;
    handle->multiplexes = endpoint->multiplexes;
    handle->error = endpoint->is_https ? calloc(1, CURL_ERROR_SIZE) : NULL;
    handle->easy = !endpoint->is_https || handle->error ? curl_easy_init() : NULL;
    bool ready = handle->easy && configure_connection(handle) == CURLE_OK && configure_request(handle) == CURLE_OK;
    ready = ready && fanfare_inspection_configure(handle) == CURLE_OK;
    if (!ready || !fanfare_origin_take_berth(loop, endpoint->origin, handle->multiplexes, &handle->shard)) {
        curl_easy_cleanup(handle->easy);
        free(handle->error);
        free(handle);
        return NULL;
    }
    return handle;
}

void fanfare_handle_free(struct handle *handle) {
    handle->endpoint->origin->berths[handle->shard].handles--;
    curl_easy_cleanup(handle->easy);
    free(handle->attempts);
    free(handle->error);
    free(handle);
}

static bool has_idle_connection(const struct handle *handle) {
    const struct berth *berth = &handle->endpoint->origin->berths[handle->shard];
    return berth->connections > berth->in_flight;
}

bool fanfare_endpoint_is_warm(const struct endpoint *endpoint) {
    return endpoint->free_first && has_idle_connection(endpoint->free_first);
}

struct handle *fanfare_handle_take(fanfare_loop *loop, struct endpoint *endpoint) {
    struct handle *handle = endpoint->free_first;
    if (handle) {
        endpoint->free_first = handle->next;
        if (endpoint->free_first) endpoint->free_first->previous = NULL;
        else endpoint->free_last = NULL;
    } else {
        handle = make(loop, endpoint);
        if (!handle) return NULL;
    }
    handle->previous = NULL;
    handle->next = loop->in_use;
    if (loop->in_use) loop->in_use->previous = handle;
    loop->in_use = handle;
    return handle;
}

static void leave_in_use(struct handle *handle) {
    if (handle->previous) handle->previous->next = handle->next;
    else handle->loop->in_use = handle->next;
    if (handle->next) handle->next->previous = handle->previous;
}

void fanfare_handle_give_back(struct handle *handle) {
    leave_in_use(handle);
    handle->slot = NULL;
    struct endpoint *endpoint = handle->endpoint;
    if (handle->multiplexes && !endpoint->multiplexes) {
        fanfare_handle_free(handle);
        return;
    }
    // Warm ones in front: the last used is the most likely to find its connection alive.
    if (has_idle_connection(handle) || !endpoint->free_first) {
        handle->previous = NULL;
        handle->next = endpoint->free_first;
        if (endpoint->free_first) endpoint->free_first->previous = handle;
        else endpoint->free_last = handle;
        endpoint->free_first = handle;
    } else {
        handle->next = NULL;
        handle->previous = endpoint->free_last;
        endpoint->free_last->next = handle;
        endpoint->free_last = handle;
    }
}
