// The life of one transfer: its turn to connect, its start, its end.
#include "internal.h"

#include <string.h>

// Above this libcurl would ask the receiver first (`Expect: 100-continue`) and wait for up to a second.
enum { EXPECT_THRESHOLD = 1024 * 1024 };
// From here on libcurl sends a body apart from its headers.
enum { SEPARATE_BODY = 64 * 1024 };

static void finish_slot(fanfare_loop *loop, struct slot *slot, CURLcode code) {
    slot->curl_code = (int32_t)code;
    slot->endpoint = NULL;
    fanfare_slot_push(&loop->finished, slot);
}

void fanfare_transfer_set_connecting(struct handle *handle, bool connecting) {
    if (handle->connecting == connecting) return;
    handle->connecting = connecting;
    if (connecting) {
        handle->loop->connecting++;
        handle->endpoint->connecting++;
    } else {
        handle->loop->connecting--;
        handle->endpoint->connecting--;
    }
}

// The request goes out now. A second time means that a reused connection closed unanswered, and that libcurl would
// send a request again of which the receiver may have had all. Nor is it sent after what would be taken for its answer.
int fanfare_on_prerequest(void *user, char *peer_ip, char *local_ip, int peer_port, int local_port) {
    (void)local_ip, (void)peer_port;
    struct handle *handle = user;
    fanfare_transfer_set_connecting(handle, false);
    if (handle->attempt_count > 0) {
        curl_socket_t connected = fanfare_sockets_connected(handle, local_port);
        fanfare_sockets_settle(handle, connected);
        fanfare_connection_add(handle->loop, connected, local_port);
        fanfare_origin_connected(handle->loop, handle->endpoint->origin, strchr(peer_ip, ':') ? AF_INET6 : AF_INET);
    }
    // A second time the handle stays with the connection it has: it may be open still (of HTTP/2, with a goodbye or a
    // stream refused), and would keep pointing at a handle that has left it for another.
    if (handle->slot->sends == 0 && fanfare_connection_take(handle, local_port)) {
        handle->slot->sends = 1;
        return CURL_PREREQFUNC_OK;
    }
    handle->slot->flags |= FANFARE_SECOND_SEND_PREVENTED;
    return CURL_PREREQFUNC_ABORT;
}

static uint32_t clamp(curl_off_t microseconds) {
    return microseconds < 0 ? 0 : microseconds > UINT32_MAX ? UINT32_MAX : (uint32_t)microseconds;
}

static void read_measures(struct handle *handle) {
    struct slot *slot = handle->slot;
    long request_size = 0;
    curl_off_t uploaded = 0, name = 0, connect = 0, tls = 0;
    curl_easy_getinfo(handle->easy, CURLINFO_REQUEST_SIZE, &request_size);
    curl_easy_getinfo(handle->easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    // A short body leaves in one piece with the headers and is counted with them.
    slot->bytes_up = slot->body_length < SEPARATE_BODY ? (uint64_t)request_size : (uint64_t)(request_size + uploaded);
    slot->total_us = clamp(fanfare_now_us() - slot->started_us);
    if (slot->opened == 0) return;
    curl_easy_getinfo(handle->easy, CURLINFO_NAMELOOKUP_TIME_T, &name);
    curl_easy_getinfo(handle->easy, CURLINFO_CONNECT_TIME_T, &connect);
    curl_easy_getinfo(handle->easy, CURLINFO_APPCONNECT_TIME_T, &tls);
    slot->name_us = clamp(name);
    slot->connect_us = clamp(connect);
    slot->tls_us = clamp(tls);
}

static struct curl_slist *link_headers(struct slot *slot) {
    struct endpoint *endpoint = slot->endpoint;
    bool may_expect = slot->body_length >= EXPECT_THRESHOLD;
    if (endpoint->head.start) return fanfare_head_switches(may_expect);
    struct curl_slist *constant = may_expect ? &endpoint->expect : endpoint->headers;
    if (slot->header_count == 0) return constant;
    for (size_t i = 0; i + 1 < slot->header_count; i++) slot->header_nodes[i].next = &slot->header_nodes[i + 1];
    slot->header_nodes[slot->header_count - 1].next = constant;
    return slot->header_nodes;
}

static CURLcode load(struct handle *handle, struct slot *slot) {
    CURL *easy = handle->easy;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, link_headers(slot));
    if (!handle->endpoint->is_get) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, slot->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)slot->body_length);
    }
    if (handle->timeout_ms != slot->timeout_ms) {
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)slot->timeout_ms);
        handle->timeout_ms = slot->timeout_ms;
    }
    // With the headers behind it, where the head is ours. Host and port stay those of the endpoint's parsed URL, whatever
    // the request asks for.
    if (slot->target || handle->has_target) {
        CURLcode target = curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, slot->target);
        if (code == CURLE_OK) code = target;
        handle->has_target = slot->target != NULL;
    }
    return code;
}

static bool has_free_stream(const fanfare_loop *loop, const struct endpoint *endpoint) {
    const struct origin *origin = endpoint->origin;
    if (loop->multiplexing_shard >= origin->berth_count) return false;
    const struct berth *berth = &origin->berths[loop->multiplexing_shard];
    return (uint64_t)berth->standing * STREAMS_PER_CONNECTION > berth->in_flight;
}

static void start(struct handle *handle, struct slot *slot) {
    fanfare_loop *loop = handle->loop;
    struct berth *berth = &handle->endpoint->origin->berths[handle->shard];
    handle->slot = slot;
    slot->started_us = loop->now_us;
    bool has_room = handle->multiplexes
        ? has_free_stream(loop, handle->endpoint) : berth->connections > berth->in_flight;
    if (!has_room) fanfare_transfer_set_connecting(handle, true);
    berth->in_flight++;
    fanfare_inspection_begin(handle);
    CURLcode code = load(handle, slot);
    if (code == CURLE_OK) {
        slot->multi_code = (int32_t)curl_multi_add_handle(loop->shards[handle->shard]->multi, handle->easy);
        if (slot->multi_code != CURLM_OK) code = CURLE_FAILED_INIT;
    }
    if (code != CURLE_OK) {
        slot->flags |= FANFARE_LOCAL_FAILURE;
        fanfare_transfer_finish(handle, code);
    }
}

// Sixteen places (`max_connecting_per_endpoint`) stay free of an endpoint that has had its share, so that another's
// first request need not wait until the connections of one that does not answer have timed out.
static bool may_connect(const fanfare_loop *loop, const struct endpoint *endpoint) {
    if (loop->connecting >= loop->max_connecting) return false;
    if (endpoint->connecting < loop->max_connecting_per_endpoint) return true;
    bool another_waits = loop->waiting_endpoints > (endpoint->is_waiting ? 1u : 0u);
    return !another_waits && loop->connecting + loop->max_connecting_per_endpoint < loop->max_connecting;
}

static bool may_start(const fanfare_loop *loop, const struct endpoint *endpoint) {
    // One connection at a time: until it stands nobody knows whether the next request can share it.
    if (endpoint->multiplexes) {
        if (has_free_stream(loop, endpoint)) return true;
        return endpoint->connecting == 0 && may_connect(loop, endpoint);
    }
    return fanfare_endpoint_is_warm(endpoint) || may_connect(loop, endpoint);
}

static void begin(fanfare_loop *loop, struct slot *slot) {
    struct handle *handle = fanfare_handle_take(loop, slot->endpoint);
    if (handle) {
        start(handle, slot);
    } else {
        slot->endpoint->in_flight--;
        slot->flags |= FANFARE_LOCAL_FAILURE;
        finish_slot(loop, slot, CURLE_OUT_OF_MEMORY);
    }
}

static void stand_in_line(fanfare_loop *loop, struct endpoint *endpoint) {
    endpoint->is_waiting = true;
    endpoint->next_waiting = NULL;
    if (loop->waiting_last) loop->waiting_last->next_waiting = endpoint;
    else loop->waiting_first = endpoint;
    loop->waiting_last = endpoint;
    loop->waiting_endpoints++;
}

static struct endpoint *leave_line(fanfare_loop *loop) {
    struct endpoint *endpoint = loop->waiting_first;
    loop->waiting_first = endpoint->next_waiting;
    if (!loop->waiting_first) loop->waiting_last = NULL;
    endpoint->is_waiting = false;
    loop->waiting_endpoints--;
    return endpoint;
}

// Takes an endpoint out of the line, wherever it stands.
static void step_out(fanfare_loop *loop, struct endpoint *endpoint) {
    struct endpoint *previous = NULL;
    for (struct endpoint *each = loop->waiting_first; each != endpoint; each = each->next_waiting) previous = each;
    if (!previous) {
        leave_line(loop);
        return;
    }
    previous->next_waiting = endpoint->next_waiting;
    if (loop->waiting_last == endpoint) loop->waiting_last = previous;
    endpoint->is_waiting = false;
    loop->waiting_endpoints--;
}

void fanfare_transfer_admit(fanfare_loop *loop, struct slot *slot) {
    struct endpoint *endpoint = slot->endpoint;
    slot->started_us = loop->now_us;
    if (slot->flags & FANFARE_REJECTED) {
        finish_slot(loop, slot, CURLE_BAD_FUNCTION_ARGUMENT);
        return;
    }
    if (!endpoint->origin->is_literal && !endpoint->origin->has_addresses) {
        slot->flags |= FANFARE_LOCAL_FAILURE;
        finish_slot(loop, slot, CURLE_COULDNT_RESOLVE_HOST);
        return;
    }
    endpoint->in_flight++;
    if (!endpoint->is_waiting && may_start(loop, endpoint)) {
        begin(loop, slot);
        return;
    }
    fanfare_slot_push(&endpoint->waiting, slot);
    if (!endpoint->is_waiting) stand_in_line(loop, endpoint);
}

// One turn for each endpoint that waits: as many as there are places for.
void fanfare_transfer_start_waiting(fanfare_loop *loop) {
    for (uint32_t turns = loop->waiting_endpoints; turns > 0; turns--) {
        struct endpoint *endpoint = loop->waiting_first;
        while (endpoint->waiting.first && may_start(loop, endpoint)) {
            begin(loop, fanfare_slot_pop(&endpoint->waiting));
        }
        leave_line(loop);
        if (endpoint->waiting.first) stand_in_line(loop, endpoint);
    }
}

static void read_failure(CURL *easy, struct slot *slot, CURLcode code, const char *error) {
    long os_errno = 0;
    curl_off_t uploaded = 0, first_write = 0;
    long request_size = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_errno);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_size);
    curl_easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    curl_easy_getinfo(easy, CURLINFO_STARTTRANSFER_TIME_T, &first_write);
    if (slot->os_errno == 0) slot->os_errno = (int32_t)os_errno;
    slot->tls_problem = (uint8_t)fanfare_tls_problem_of(easy, code, error);
    if (slot->sends == 0) {
        if (slot->refused > 0 && slot->opened == 0) slot->flags |= FANFARE_BLOCKED;
        if (slot->starved) slot->flags |= FANFARE_LOCAL_FAILURE;
        return;
    }
    // Only a failed send with nothing counted is known to have left nothing behind. (The first write counts into
    // request_size; if that would have blocked, a later one sets the time.)
    bool send_failed = code == CURLE_SEND_ERROR || (slot->flags & FANFARE_SECOND_SEND_PREVENTED);
    if (send_failed && request_size == 0 && first_write == 0) return;
    slot->flags |= FANFARE_ANYTHING_WRITTEN;
    // Counters start anew with the second connection.
    bool all = (slot->flags & FANFARE_SECOND_SEND_PREVENTED) || (uint64_t)uploaded >= slot->body_length;
    if (all) slot->flags |= FANFARE_REQUEST_SENT;
    if (slot->flags & FANFARE_ACCEPTED) slot->flags |= FANFARE_BODY_WARNING;
    // How libcurl reports a single header line longer than it has room for.
    if (code == CURLE_OUT_OF_MEMORY && !slot->headers_complete) slot->flags |= FANFARE_RESPONSE_CUT;
}

static void read_protocol(struct handle *handle) {
    struct slot *slot = handle->slot;
    long version = CURL_HTTP_VERSION_NONE, proxy_status = 0;
    curl_easy_getinfo(handle->easy, CURLINFO_HTTP_VERSION, &version);
    curl_easy_getinfo(handle->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    // libcurl has it from the status line; before one came, from a handle that has not left HTTP/2 it is that.
    bool is_2 = version >= CURL_HTTP_VERSION_2_0 || (version == CURL_HTTP_VERSION_NONE && handle->multiplexes);
    if (slot->sends > 0) slot->http_version = is_2 ? 2 : 1;
    if (handle->endpoint->proxy && proxy_status >= 100 && proxy_status <= 999) {
        slot->proxy_status = (uint16_t)proxy_status;
    }
    // The receiver did not take HTTP/2 up. Without streams to share, one multi handle is too few.
    bool is_final = (slot->flags & FANFARE_STATUS_ARRIVED) && version < CURL_HTTP_VERSION_2_0;
    if (handle->multiplexes && is_final) fanfare_endpoint_leave_http2(handle->endpoint);
}

// Reads what libcurl knows while the handle still belongs to its multi.
static void read_outcome(struct handle *handle, CURLcode code) {
    struct slot *slot = handle->slot;
    if (slot->sends > 0 && slot->opened == 0) slot->flags |= FANFARE_CONNECTION_REUSED;
    if (code == CURLE_OK) slot->flags |= FANFARE_ANYTHING_WRITTEN | FANFARE_REQUEST_SENT;
    else read_failure(handle->easy, slot, code, handle->error);
    read_protocol(handle);
}

void fanfare_transfer_finish(struct handle *handle, CURLcode code) {
    fanfare_loop *loop = handle->loop;
    struct slot *slot = handle->slot;
    read_outcome(handle, code);
    read_measures(handle);
    fanfare_connection_leave(handle);
    fanfare_inspection_finish(handle);
    if (loop->multi_code == 0) curl_multi_remove_handle(loop->shards[handle->shard]->multi, handle->easy);
    fanfare_sockets_settle(handle, CURL_SOCKET_BAD);
    fanfare_transfer_set_connecting(handle, false);
    handle->endpoint->origin->berths[handle->shard].in_flight--;
    handle->endpoint->in_flight--;
    fanfare_handle_give_back(handle);
    finish_slot(loop, slot, code);
}

void fanfare_transfer_end_waiting(fanfare_loop *loop, struct endpoint *endpoint, uint32_t flags, CURLcode code) {
    if (!endpoint->is_waiting) return;
    step_out(loop, endpoint);
    while (endpoint->waiting.first) {
        struct slot *slot = fanfare_slot_pop(&endpoint->waiting);
        slot->flags |= flags;
        slot->multi_code = loop->multi_code;
        endpoint->in_flight--;
        finish_slot(loop, slot, code);
    }
}

void fanfare_transfer_end_all(fanfare_loop *loop, uint32_t flags, CURLcode code) {
    while (loop->waiting_first) fanfare_transfer_end_waiting(loop, loop->waiting_first, flags, code);
    while (loop->in_use) {
        struct handle *handle = loop->in_use;
        handle->slot->flags |= flags;
        handle->slot->multi_code = loop->multi_code;
        fanfare_transfer_finish(handle, code);
    }
}
