// What is kept of an answer: its status, Retry-After, Location, and the first bytes of its body.
#include "internal.h"

#include <string.h>
#include <strings.h>
#include <time.h>

static bool reserve_excerpt(struct slot *slot) {
    if (!slot->excerpt) slot->excerpt = fanfare_memory_take(EXCERPT_CAP + LOCATION_CAP);
    return slot->excerpt != NULL;
}

// The value of `name` if the line is that header: without the blanks around it.
static const char *value_of(
    const char *line, size_t length, const char *name, size_t name_length, size_t *value_length) {
    if (length <= name_length || line[name_length] != ':' || strncasecmp(line, name, name_length) != 0) return NULL;
    const char *from = line + name_length + 1, *to = line + length;
    while (from < to && (*from == ' ' || *from == '\t')) from++;
    while (to > from && (to[-1] == ' ' || to[-1] == '\t' || to[-1] == '\r' || to[-1] == '\n')) to--;
    *value_length = (size_t)(to - from);
    return from;
}

int32_t fanfare_parse_retry_after(const char *value, size_t length, time_t now) {
    char text[64];
    if (length == 0 || length >= sizeof text) return -1;
    int64_t seconds = 0;
    size_t digits = 0;
    for (; digits < length && value[digits] >= '0' && value[digits] <= '9'; digits++) {
        if (seconds <= INT32_MAX) seconds = seconds * 10 + (value[digits] - '0');
    }
    if (digits < length) {
        // curl_getdate also reads forms that are no HTTP dates; all of those begin with a weekday.
        if (digits > 0 || value[0] == '-' || value[0] == '+') return -1;
        memcpy(text, value, length);
        text[length] = 0;
        time_t date = curl_getdate(text, NULL);
        if (date == -1) return -1;
        seconds = date > now ? (int64_t)date - now : 0;
    }
    return seconds > INT32_MAX ? INT32_MAX : (int32_t)seconds;
}

// `HTTP/1.1 200 OK`, `HTTP/2 200`.
static int32_t parse_status(const char *line, size_t length) {
    const char *blank = memchr(line, ' ', length);
    if (!blank || line + length - blank < 4) return 0;
    int32_t status = 0;
    for (int i = 1; i <= 3; i++) {
        if (blank[i] < '0' || blank[i] > '9') return 0;
        status = status * 10 + (blank[i] - '0');
    }
    return status;
}

static void begin_answer(struct slot *slot, int32_t status) {
    slot->headers_complete = false;
    if (status < 200) return; // 1xx: another status line follows
    slot->status = status;
    slot->flags |= FANFARE_STATUS_ARRIVED;
}

// What of a Location may be shown to people: neither query nor fragment, where a secret may stand, nor a user's name
// and password, and of the rest nothing that a terminal could obey.
static uint32_t keep_location(char *kept, const char *value, size_t length) {
    uint32_t count = 0;
    for (; count < length && count < LOCATION_CAP && value[count] != '?' && value[count] != '#'; count++) {
        unsigned char c = (unsigned char)value[count];
        kept[count] = c > 0x20 && c < 0x7f ? (char)c : '.';
    }
    char *host = memmem(kept, count, "://", 3);
    if (!host) return count;
    host += 3;
    size_t rest = count - (size_t)(host - kept);
    const char *path = memchr(host, '/', rest);
    const char *at = memrchr(host, '@', path ? (size_t)(path - host) : rest);
    if (!at) return count;
    size_t dropped = (size_t)(at + 1 - host);
    memmove(host, at + 1, rest - dropped);
    return count - (uint32_t)dropped;
}

static void keep_field(struct slot *slot, const char *line, size_t length) {
    size_t value_length;
    const char *value;
    if ((line[0] | 0x20) == 'r' && (value = value_of(line, length, "retry-after", 11, &value_length))) {
        slot->retry_after_s = fanfare_parse_retry_after(value, value_length, time(NULL));
    } else if ((line[0] | 0x20) == 'l' && (value = value_of(line, length, "location", 8, &value_length))) {
        if (slot->status < 300 || slot->status > 399 || !reserve_excerpt(slot)) return;
        slot->location_length = keep_location((char *)slot->excerpt + EXCERPT_CAP, value, value_length);
    }
}

size_t fanfare_on_header(char *line, size_t size, size_t count, void *user) {
    struct slot *slot = *(struct slot **)user;
    size_t length = size * count;
    if (slot->first_byte_us == 0) slot->first_byte_us = fanfare_now_us();
    slot->header_bytes += length;
    if (slot->header_bytes > RESPONSE_CAP) {
        slot->flags |= FANFARE_RESPONSE_CUT;
        return 0;
    }
    if (length >= 5 && memcmp(line, "HTTP/", 5) == 0 && (!slot->headers_complete || slot->status == 0)) {
        slot->is_http1 = length > 5 && line[5] == '1';
        begin_answer(slot, parse_status(line, length));
    } else if (slot->headers_complete) {
        return length; // a trailer
    } else if (length <= 2 && (line[0] == '\r' || line[0] == '\n')) {
        slot->headers_complete = true;
        if (slot->status >= 200 && slot->status < 300) slot->flags |= FANFARE_ACCEPTED;
    } else if (slot->status != 0) {
        keep_field(slot, line, length);
    }
    return length;
}

size_t fanfare_on_body(char *bytes, size_t size, size_t count, void *user) {
    struct slot *slot = *(struct slot **)user;
    size_t length = size * count;
    slot->body_bytes += length;
    if (slot->excerpt_length < EXCERPT_CAP && length > 0 && reserve_excerpt(slot)) {
        size_t room = EXCERPT_CAP - slot->excerpt_length;
        size_t kept = length < room ? length : room;
        memcpy(slot->excerpt + slot->excerpt_length, bytes, kept);
        slot->excerpt_length += (uint32_t)kept;
    }
    if (slot->header_bytes + slot->body_bytes <= RESPONSE_CAP) return length;
    slot->flags |= FANFARE_RESPONSE_CUT;
    return 0; // ends the transfer
}
