// Endpoints: their checked URL, constant headers and pool of handles.
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char no_expect[] = "Expect:"; // libcurl's list has no const

enum { INDEX_BITS = 20, INDEX_MASK = (1 << INDEX_BITS) - 1 };

struct endpoint *fanfare_endpoint_of(const fanfare_loop *loop, uint32_t id) {
    uint32_t index = id & INDEX_MASK;
    struct endpoint *endpoint = index < loop->endpoint_count ? loop->endpoints[index] : NULL;
    return endpoint && endpoint->id == id ? endpoint : NULL;
}

// An index that is free; the id carries how often it has been used, so that no id comes twice.
static bool take_index(fanfare_loop *loop, uint32_t *index) {
    for (uint32_t i = 0; i < loop->endpoint_count; i++) {
        if (!loop->endpoints[i] && loop->endpoint_generations[i] < UINT32_MAX >> INDEX_BITS) {
            *index = i;
            return true;
        }
    }
    if (loop->endpoint_count > INDEX_MASK) return false;
    size_t count = (size_t)loop->endpoint_count + 1;
    struct endpoint **endpoints = realloc(loop->endpoints, count * sizeof *endpoints);
    if (endpoints) loop->endpoints = endpoints;
    uint32_t *generations = realloc(loop->endpoint_generations, count * sizeof *generations);
    if (generations) loop->endpoint_generations = generations;
    if (!endpoints || !generations) return false;
    endpoints[loop->endpoint_count] = NULL;
    generations[loop->endpoint_count] = 0;
    *index = loop->endpoint_count++;
    return true;
}

static bool add_header(struct endpoint *endpoint, const char *line) {
    struct curl_slist *list = curl_slist_append(endpoint->headers, line);
    if (list) endpoint->headers = list;
    return list != NULL;
}

static bool add_user_agent(struct endpoint *endpoint, const char *value) {
    static const char name[] = "User-Agent: ";
    size_t room = sizeof name + strlen(value);
    char *line = malloc(room);
    if (!line) return false;
    snprintf(line, room, "%s%s", name, value);
    bool added = add_header(endpoint, line);
    free(line);
    return added;
}

static bool has_header(const fanfare_endpoint_config *config, const char *name) {
    size_t length = strlen(name);
    for (size_t i = 0; i < config->header_count; i++) {
        const char *line = config->headers[i];
        if (strncasecmp(line, name, length) == 0 && (line[length] == ':' || line[length] == ';')) return true;
    }
    return false;
}

static fanfare_result take_headers(struct endpoint *endpoint, const fanfare_endpoint_config *config) {
    if (config->user_agent && !fanfare_header_value_is_valid(config->user_agent)) return FANFARE_INVALID_ARGUMENT;
    for (size_t i = 0; i < config->header_count; i++) {
        const char *line = config->headers[i];
        if (!fanfare_header_is_valid(line, strlen(line))) return FANFARE_INVALID_ARGUMENT;
        if (!add_header(endpoint, line)) return FANFARE_OUT_OF_MEMORY;
    }
    if (config->user_agent && !add_user_agent(endpoint, config->user_agent)) return FANFARE_OUT_OF_MEMORY;
    // Headers libcurl would add by itself and that say nothing or something wrong.
    if (!has_header(config, "Accept") && !add_header(endpoint, "Accept:")) return FANFARE_OUT_OF_MEMORY;
    if (!has_header(config, "Content-Type") && !add_header(endpoint, "Content-Type:")) return FANFARE_OUT_OF_MEMORY;
    endpoint->expect = (struct curl_slist){.data = no_expect, .next = endpoint->headers};
    return FANFARE_OK;
}

static bool is_method(const char *method) {
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", "GET"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(method, methods[i]) == 0) return true;
    }
    return false;
}

static char *part_of(CURLU *url, CURLUPart part, unsigned flags) {
    char *value = NULL;
    return curl_url_get(url, part, &value, flags) == CURLUE_OK ? value : NULL;
}

// Parses http and https alone. A URL that needs guessing or has credentials or blanks is refused; dots in its path
// are left alone. `prefix` becomes the length of scheme://authority. The URL is to be freed also on failure.
static fanfare_result parse_url(const char *text, CURLU **url, size_t *prefix) {
    *url = curl_url();
    if (!*url) return FANFARE_OUT_OF_MEMORY;
    const char *authority = strstr(text, "://");
    size_t authority_length = authority ? strcspn(authority + 3, "/?#") : 0; // libcurl takes `http:///host`
    // Only in some locales does libcurl turn other letters into punycode: they are refused in all.
    for (size_t i = 0; i < authority_length; i++) if ((unsigned char)authority[3 + i] >= 0x80) authority_length = 0;
    unsigned flags = CURLU_DISALLOW_USER | CURLU_PATH_AS_IS;
    if (authority_length == 0 || curl_url_set(*url, CURLUPART_URL, text, flags) != CURLUE_OK) {
        return FANFARE_INVALID_ARGUMENT;
    }
    char *scheme = part_of(*url, CURLUPART_SCHEME, 0);
    bool known = scheme && (strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0);
    curl_free(scheme);
    *prefix = (size_t)(authority - text) + 3 + authority_length;
    return known ? FANFARE_OK : FANFARE_INVALID_ARGUMENT;
}

// The host in lower case, without brackets. To be freed with `curl_free`; NULL: malformed.
static char *host_of(CURLU *url) {
    char *host = part_of(url, CURLUPART_HOST, 0);
    if (!host) return NULL;
    size_t length = strlen(host);
    if (*host == '[' && host[length - 1] == ']') {
        host[length - 1] = 0;
        memmove(host, host + 1, length - 1);
    }
    for (char *c = host; *c; c++) if (*c >= 'A' && *c <= 'Z') *c = (char)(*c | 0x20);
    return host;
}

static fanfare_result take_url(fanfare_loop *loop, struct endpoint *endpoint, const char *text) {
    fanfare_result result = parse_url(text, &endpoint->url, &endpoint->prefix_length);
    if (result != FANFARE_OK) return result;
    endpoint->prefix = strndup(text, endpoint->prefix_length);
    char *host = host_of(endpoint->url);
    char *port = part_of(endpoint->url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    uint16_t number = port ? (uint16_t)atoi(port) : 0;
    // Through a proxy all connections go there.
    char *proxy = endpoint->proxy ? fanfare_proxy_parse(endpoint->proxy, &number) : NULL;
    bool is_known = host && port && endpoint->prefix && (proxy || !endpoint->proxy);
    if (is_known) endpoint->origin = fanfare_origin_find(loop, proxy ? proxy : host, number);
    free(proxy);
    if (endpoint->origin && endpoint->proxy) endpoint->origin->is_proxy = true;
    if (endpoint->origin) endpoint->origin->endpoints++;
    else result = host && port ? FANFARE_OUT_OF_MEMORY : FANFARE_INVALID_ARGUMENT;
    curl_free(host);
    curl_free(port);
    return result;
}

fanfare_result fanfare_url_host(const char *text, char *host, size_t capacity, bool *is_address) {
    CURLU *url = NULL;
    size_t prefix;
    fanfare_result result = parse_url(text, &url, &prefix);
    char *name = result == FANFARE_OK ? host_of(url) : NULL;
    if (result == FANFARE_OK && (!name || strlen(name) >= capacity)) result = FANFARE_INVALID_ARGUMENT;
    if (result == FANFARE_OK) {
        memcpy(host, name, strlen(name) + 1);
        *is_address = fanfare_is_address(name);
    }
    curl_free(name);
    curl_url_cleanup(url);
    return result;
}

static fanfare_result configure(fanfare_loop *loop, struct endpoint *endpoint, const fanfare_endpoint_config *config) {
    if (!is_method(config->method)) return FANFARE_INVALID_ARGUMENT;
    endpoint->method = strdup(config->method);
    endpoint->is_get = strcmp(config->method, "GET") == 0;
    endpoint->connect_timeout_ms = config->connect_timeout_ms ? config->connect_timeout_ms : 5000;
    endpoint->is_https = strncasecmp(config->url, "https:", 6) == 0;
    endpoint->multiplexes = config->offers_http2 && endpoint->is_https;
    if (!endpoint->method) return FANFARE_OUT_OF_MEMORY;
    fanfare_result result = fanfare_endpoint_take_tls(endpoint, config);
    if (result == FANFARE_OK) result = fanfare_endpoint_take_proxy(endpoint, config);
    if (result == FANFARE_OK) result = take_headers(endpoint, config);
    if (result == FANFARE_OK) result = take_url(loop, endpoint, config->url);
    return result == FANFARE_OK ? fanfare_endpoint_take_head(endpoint, config) : result;
}

fanfare_result fanfare_loop_add_endpoint(fanfare_loop *loop, const fanfare_endpoint_config *config, uint32_t *id) {
    struct endpoint *endpoint = calloc(1, sizeof *endpoint);
    if (!endpoint) return FANFARE_OUT_OF_MEMORY;
    uint32_t index = 0;
    fanfare_result result = configure(loop, endpoint, config);
    if (result == FANFARE_OK && !take_index(loop, &index)) result = FANFARE_OUT_OF_MEMORY;
    if (result == FANFARE_OK && endpoint->multiplexes && !fanfare_watchdog_start(loop)) result = FANFARE_OUT_OF_MEMORY;
    if (result != FANFARE_OK) {
        fanfare_endpoint_free(loop, endpoint);
        return result;
    }
    endpoint->id = loop->endpoint_generations[index]++ << INDEX_BITS | index;
    loop->endpoints[index] = endpoint;
    *id = endpoint->id;
    return FANFARE_OK;
}

fanfare_result fanfare_loop_set_addresses(
    fanfare_loop *loop, uint32_t id, const char *const *addresses, size_t count) {
    struct endpoint *endpoint = fanfare_endpoint_of(loop, id);
    if (!endpoint) return FANFARE_UNKNOWN_ENDPOINT;
    return fanfare_origin_set_addresses(loop, endpoint->origin, addresses, count);
}

void fanfare_endpoint_free(fanfare_loop *loop, struct endpoint *endpoint) {
    while (endpoint->free_first) {
        struct handle *handle = endpoint->free_first;
        endpoint->free_first = handle->next;
        fanfare_handle_free(handle);
    }
    if (endpoint->origin) {
        fanfare_origin_leave(loop, endpoint->origin);
    }
    curl_slist_free_all(endpoint->headers);
    curl_url_cleanup(endpoint->url);
    free(endpoint->prefix);
    free(endpoint->method);
    fanfare_endpoint_free_tls(endpoint);
    fanfare_endpoint_free_head(endpoint);
    free(endpoint->proxy);
    free(endpoint->proxy_username);
    free(endpoint->proxy_password);
    free(endpoint);
}

// Handles are bound to a shard for life: those of HTTP/2 go, now or when they are free.
void fanfare_endpoint_leave_http2(struct endpoint *endpoint) {
    endpoint->multiplexes = false;
    struct handle *kept = NULL, *last = NULL;
    for (struct handle *handle = endpoint->free_first, *next; handle; handle = next) {
        next = handle->next;
        if (handle->multiplexes) {
            fanfare_handle_free(handle);
            continue;
        }
        handle->previous = last;
        handle->next = NULL;
        if (last) last->next = handle;
        else kept = handle;
        last = handle;
    }
    endpoint->free_first = kept;
    endpoint->free_last = last;
}

fanfare_result fanfare_loop_leave_http2(fanfare_loop *loop, uint32_t id) {
    struct endpoint *endpoint = fanfare_endpoint_of(loop, id);
    if (!endpoint) return FANFARE_UNKNOWN_ENDPOINT;
    fanfare_endpoint_leave_http2(endpoint);
    return FANFARE_OK;
}

fanfare_result fanfare_loop_remove_endpoint(fanfare_loop *loop, uint32_t id) {
    struct endpoint *endpoint = fanfare_endpoint_of(loop, id);
    if (!endpoint) return FANFARE_UNKNOWN_ENDPOINT;
    if (endpoint->in_flight > 0) return FANFARE_BUSY;
    loop->endpoints[id & INDEX_MASK] = NULL;
    fanfare_endpoint_free(loop, endpoint);
    return FANFARE_OK;
}
