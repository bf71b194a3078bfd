// The head of an HTTP/1.1 request, written in one piece.
//
// libcurl prints headers a character at a time: about 100 instructions each, two fifths of what a small request costs.
// The request target is all that it copies. So it is given the whole head for a target, up to a last header that may
// end with what libcurl puts behind a target: " HTTP/1.1", which is a product that a user agent may name (RFC 9110
// §10.1.5). What libcurl would add by itself is switched off with `switches`.
//
// Not for proxies, which get the URL in the target's place, nor where HTTP/2 may be spoken, whose headers libcurl reads
// out of the printed ones.
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char no_expect[] = "Expect:", no_host[] = "Host:", no_type[] = "Content-Type:", no_length[] = "Content-Length:",
            no_accept[] = "Accept:"; // libcurl's list has no const
static struct curl_slist switches[] = {
    {no_expect, &switches[1]}, {no_host, &switches[2]}, {no_type, &switches[3]},
    {no_length, &switches[4]}, {no_accept, NULL},
};

// Those that send a target as it is: the loop's tests ran with the first and the last of them, 7.88.1 and 8.20.0. With
// any other libcurl prints the headers.
static bool copies_target(void) {
    unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
    return version >= 0x075800 && version <= 0x081400;
}

bool fanfare_writes_head(const fanfare_endpoint_config *config) {
    return config->user_agent && !config->offers_http2 && !config->proxy && copies_target();
}

static char *put(char *at, const char *text, size_t length) {
    memcpy(at, text, length);
    return at + length;
}

// As libcurl does: `Name;` goes with an empty value, a line with a blank one not at all.
static char *put_line(char *at, const char *line, size_t length) {
    const char *colon = memchr(line, ':', length);
    if (!colon) {
        at = put(at, line, length - 1);
        return put(at, ":\r\n", 3);
    }
    size_t value = (size_t)(colon - line) + 1;
    while (value < length && (line[value] == ' ' || line[value] == '\t')) value++;
    if (value == length) return at;
    at = put(at, line, length);
    return put(at, "\r\n", 2);
}

static char *print(int (*printer)(CURLU *, char *, size_t), CURLU *url) {
    int length = printer(url, NULL, 0);
    char *text = length >= 0 ? malloc((size_t)length + 1) : NULL;
    if (text) printer(url, text, (size_t)length + 1);
    return text;
}

static char *print_start(CURLU *url) {
    static const char form[] = " HTTP/1.1\r\nHost: %s\r\n";
    char *host = print(fanfare_url_print_host, url);
    size_t room = host ? strlen(host) + sizeof form : 0;
    char *start = host ? malloc(room) : NULL;
    if (start) snprintf(start, room, form, host);
    free(host);
    return start;
}

static char *print_constant(const fanfare_endpoint_config *config) {
    size_t room = 1;
    for (size_t i = 0; i < config->header_count; i++) room += strlen(config->headers[i]) + 3;
    char *constant = malloc(room), *at = constant;
    if (!constant) return NULL;
    for (size_t i = 0; i < config->header_count; i++) at = put_line(at, config->headers[i], strlen(config->headers[i]));
    *at = 0;
    return constant;
}

static char *print_end(const fanfare_endpoint_config *config) {
    size_t room = strlen("User-Agent: ") + strlen(config->user_agent) + 1;
    char *end = malloc(room);
    if (end) snprintf(end, room, "User-Agent: %s", config->user_agent);
    return end;
}

fanfare_result fanfare_endpoint_take_head(struct endpoint *endpoint, const fanfare_endpoint_config *config) {
    if (!fanfare_writes_head(config)) return FANFARE_OK;
    struct head *head = &endpoint->head;
    head->target = print(fanfare_url_print_target, endpoint->url);
    head->start = print_start(endpoint->url);
    head->constant = print_constant(config);
    head->end = print_end(config);
    if (!head->target || !head->start || !head->constant || !head->end) return FANFARE_OUT_OF_MEMORY;
    head->target_length = strlen(head->target);
    head->start_length = strlen(head->start);
    head->constant_length = strlen(head->constant);
    head->end_length = strlen(head->end);
    return FANFARE_OK;
}

void fanfare_endpoint_free_head(struct endpoint *endpoint) {
    free(endpoint->head.target);
    free(endpoint->head.start);
    free(endpoint->head.constant);
    free(endpoint->head.end);
}

enum { LENGTH_ROOM = sizeof "Content-Length: 18446744073709551615\r\n" };

size_t fanfare_head_room(const struct endpoint *endpoint, const fanfare_request *request) {
    const struct head *head = &endpoint->head;
    // A line of a request's headers, of three bytes at least, ends with one byte and with two in the head.
    size_t headers = request->headers_length + request->headers_length / 3 + 1;
    size_t own = head->target_length + request->url_length + 1 + headers + LENGTH_ROOM;
    return own + head->start_length + head->constant_length + head->end_length;
}

static char *put_length(char *at, size_t length) {
    char digits[20];
    size_t count = 0;
    do digits[count++] = (char)('0' + length % 10);
    while ((length /= 10) > 0);
    at = put(at, "Content-Length: ", strlen("Content-Length: "));
    while (count > 0) *at++ = digits[--count];
    return put(at, "\r\n", 2);
}

// NULL: a header is malformed.
static char *put_headers(char *at, const char *lines, size_t length) {
    const char *end = lines + length;
    while (lines < end) {
        const char *stop = memchr(lines, 0, (size_t)(end - lines));
        if (!stop || !fanfare_header_is_valid(lines, (size_t)(stop - lines))) return NULL;
        at = put_line(at, lines, (size_t)(stop - lines));
        lines = stop + 1;
    }
    return at;
}

char *fanfare_head_write(
    char *at, const struct endpoint *endpoint, const fanfare_request *request, const char *path, size_t path_length) {
    const struct head *head = &endpoint->head;
    if (request->url) {
        if (path_length == 0 || *path != '/') *at++ = '/';
        at = put(at, path, path_length);
    } else {
        at = put(at, head->target, head->target_length);
    }
    at = put(at, head->start, head->start_length);
    at = put_headers(at, request->headers, request->headers_length);
    if (!at) return NULL;
    at = put(at, head->constant, head->constant_length);
    if (!endpoint->is_get) at = put_length(at, request->body_length);
    at = put(at, head->end, head->end_length);
    *at++ = 0;
    return at;
}

// libcurl goes through all of them a dozen times for each request.
struct curl_slist *fanfare_head_switches(bool may_expect) { return may_expect ? switches : &switches[1]; }
