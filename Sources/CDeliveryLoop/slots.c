// A request's bytes, copied out of the caller's memory and checked.
#include "internal.h"

#include <stdlib.h>
#include <string.h>

void fanfare_slot_push(struct slot_queue *queue, struct slot *slot) {
    slot->next = NULL;
    if (queue->last) queue->last->next = slot;
    else queue->first = slot;
    queue->last = slot;
    queue->count++;
}

void fanfare_slot_push_front(struct slot_queue *queue, struct slot *slot) {
    slot->next = queue->first;
    queue->first = slot;
    if (!queue->last) queue->last = slot;
    queue->count++;
}

struct slot *fanfare_slot_pop(struct slot_queue *queue) {
    struct slot *slot = queue->first;
    if (!slot) return NULL;
    queue->first = slot->next;
    if (!queue->first) queue->last = NULL;
    queue->count--;
    slot->next = NULL;
    return slot;
}

void fanfare_slot_free(struct slot *slot) {
    free(slot->bytes);
    free(slot->header_nodes);
    fanfare_memory_give_back(slot->excerpt);
    free(slot);
}

// A header value or request target with a control character could end the line it stands in. No early end: so the
// compiler looks at many bytes at once.
static bool has_control(const char *bytes, size_t length) {
    bool found = false;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        found |= (c < 0x20 && c != '\t') || c == 0x7f;
    }
    return found;
}

// What a header's name may have (RFC 9110 §5.6.2).
static const bool is_token[256] = {
    ['!'] = true, ['#' ... '\''] = true, ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true,
    ['0' ... '9'] = true, ['A' ... 'Z'] = true, ['^' ... 'z'] = true, ['|'] = true, ['~'] = true,
};

bool fanfare_header_value_is_valid(const char *value) {
    return value[strspn(value, " \t")] && !has_control(value, strlen(value));
}

bool fanfare_header_is_valid(const char *line, size_t length) {
    size_t name = 0;
    while (name < length && is_token[(unsigned char)line[name]]) name++;
    if (name == 0 || name == length) return false;
    if (line[name] == ';') return name + 1 == length; // libcurl's spelling of an empty value
    return line[name] == ':' && !has_control(line + name, length - name);
}

static bool target_is_valid(const char *target, size_t length) {
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)target[i];
        if (c <= 0x20 || c >= 0x7f) return false;
    }
    return true;
}

static bool grow(struct slot *slot, size_t bytes) {
    if (bytes <= slot->bytes_capacity) return true;
    size_t capacity = (bytes + 1023) & ~(size_t)1023;
    char *grown = malloc(capacity); // nothing to keep: not realloc
    if (!grown) return false;
    free(slot->bytes);
    slot->bytes = grown;
    slot->bytes_capacity = capacity;
    return true;
}

static bool add_header(struct slot *slot, char *line) {
    if (slot->header_count == slot->header_capacity) {
        size_t capacity = slot->header_capacity ? slot->header_capacity * 2 : 8;
        struct curl_slist *nodes = realloc(slot->header_nodes, capacity * sizeof *nodes);
        if (!nodes) return false;
        slot->header_nodes = nodes;
        slot->header_capacity = capacity;
    }
    slot->header_nodes[slot->header_count++] = (struct curl_slist){.data = line, .next = NULL};
    return true;
}

// Splits the NUL-terminated lines; true also when one is malformed (`rejected` then).
static bool take_headers(struct slot *slot, char *lines, size_t length, bool *rejected) {
    char *end = lines + length;
    while (lines < end) {
        char *stop = memchr(lines, 0, (size_t)(end - lines));
        if (!stop || !fanfare_header_is_valid(lines, (size_t)(stop - lines))) {
            *rejected = true;
            return true;
        }
        if (!add_header(slot, lines)) return false;
        lines = stop + 1;
    }
    return true;
}

// The part of the URL after scheme://authority, up to a fragment. False: another origin's, or malformed.
static bool split_url(const struct endpoint *endpoint, const fanfare_request *request, size_t *from, size_t *length) {
    if (request->url_length < endpoint->prefix_length) return false;
    if (memcmp(request->url, endpoint->prefix, endpoint->prefix_length) != 0) return false;
    const char *rest = request->url + endpoint->prefix_length;
    size_t rest_length = request->url_length - endpoint->prefix_length;
    if (rest_length > 0 && *rest != '/' && *rest != '?' && *rest != '#') return false;
    const char *fragment = rest_length ? memchr(rest, '#', rest_length) : NULL;
    if (fragment) rest_length = (size_t)(fragment - rest);
    *from = endpoint->prefix_length;
    *length = rest_length;
    return target_is_valid(rest, rest_length);
}

static void reset(struct slot *slot, const fanfare_request *request, struct endpoint *endpoint) {
    slot->next = NULL;
    slot->endpoint = endpoint;
    slot->token = request->token;
    slot->endpoint_id = request->endpoint;
    slot->timeout_ms = request->timeout_ms ? request->timeout_ms : 10000;
    slot->target = NULL;
    slot->body = NULL;
    slot->body_length = 0;
    slot->header_count = 0;
    slot->excerpt_length = slot->location_length = 0;
    slot->header_bytes = slot->body_bytes = slot->bytes_up = 0;
    slot->name_us = slot->connect_us = slot->tls_us = slot->total_us = 0;
    slot->started_us = slot->first_byte_us = 0;
    slot->flags = 0;
    slot->status = slot->os_errno = slot->curl_code = slot->multi_code = 0;
    slot->retry_after_s = -1;
    slot->sends = slot->opened = slot->refused = 0;
    slot->headers_complete = slot->starved = slot->is_http1 = false;
    slot->proxy_status = 0;
    slot->http_version = slot->tls_problem = 0;
}

// Copies target and headers for libcurl, which prints them. The place behind them; NULL: out of memory.
static char *copy_parts(
    char *at, struct slot *slot, const fanfare_request *request, const char *path, size_t length, bool *rejected) {
    if (request->url) {
        slot->target = at;
        if (length == 0 || *path != '/') *at++ = '/';
        memcpy(at, path, length);
        at += length;
        *at++ = 0;
    }
    if (request->headers_length == 0) return at;
    memcpy(at, request->headers, request->headers_length);
    if (!take_headers(slot, at, request->headers_length, rejected)) return NULL;
    return at + request->headers_length;
}

static char *write_head(
    char *at, struct slot *slot, const fanfare_request *request, const char *path, size_t length, bool *rejected) {
    slot->target = at;
    char *end = fanfare_head_write(at, slot->endpoint, request, path, length);
    *rejected = !end;
    return end ? end : at;
}

bool fanfare_slot_fill(struct slot *slot, const fanfare_request *request, struct endpoint *endpoint) {
    reset(slot, request, endpoint);
    size_t from = 0, target = 0;
    bool rejected = !endpoint || (endpoint->is_get && request->body_length > 0)
        || (request->url && !split_url(endpoint, request, &from, &target));
    if (rejected) {
        slot->flags = FANFARE_REJECTED;
        return true;
    }
    // '/' and NUL for the target, NUL after the body.
    bool writes_head = endpoint->head.start;
    size_t room = writes_head ? fanfare_head_room(endpoint, request) : target + request->headers_length + 2;
    if (!grow(slot, room + request->body_length + 1)) return false;
    const char *path = request->url ? request->url + from : NULL;
    char *at = writes_head ? write_head(slot->bytes, slot, request, path, target, &rejected)
                           : copy_parts(slot->bytes, slot, request, path, target, &rejected);
    if (!at) return false;
    if (request->body_length) memcpy(at, request->body, request->body_length);
    at[request->body_length] = 0;
    slot->body = at;
    slot->body_length = request->body_length;
    if (rejected) slot->flags = FANFARE_REJECTED;
    return true;
}
