// The header lines of a request that a receiver cares for.
#ifndef REQUEST_HEAD_H
#define REQUEST_HEAD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct fields {
    const char *id, *contact, *timestamp, *signature;
    size_t id_length, contact_length, timestamp_length, signature_length;
    uint64_t body_length;
    bool closes, expects_continue, supported;
};

static bool is_name(const char *line, size_t length, const char *name) {
    return length == strlen(name) && strncasecmp(line, name, length) == 0;
}

// Reads the header lines between `at` and `end` (the blank line).
static struct fields read_fields(const char *at, const char *end) {
    struct fields fields = {.supported = true};
    while (at < end) {
        const char *line_end = memmem(at, (size_t)(end - at) + 2, "\r\n", 2);
        const char *colon = memchr(at, ':', (size_t)(line_end - at));
        if (colon == NULL) {
            fields.supported = false;
            return fields;
        }
        size_t name = (size_t)(colon - at);
        const char *value = colon + 1;
        while (value < line_end && (*value == ' ' || *value == '\t')) value++;
        size_t length = (size_t)(line_end - value);
        if (is_name(at, name, "webhook-id")) {
            fields.id = value;
            fields.id_length = length;
        } else if (is_name(at, name, "webhook-timestamp")) {
            fields.timestamp = value;
            fields.timestamp_length = length;
        } else if (is_name(at, name, "webhook-signature")) {
            fields.signature = value;
            fields.signature_length = length;
        } else if (is_name(at, name, "x-contact")) {
            fields.contact = value;
            fields.contact_length = length;
        } else if (is_name(at, name, "content-length")) {
            fields.body_length = strtoull(value, NULL, 10);
        } else if (is_name(at, name, "connection")) {
            fields.closes = length == 5 && strncasecmp(value, "close", 5) == 0;
        } else if (is_name(at, name, "expect")) {
            fields.expects_continue = true;
        } else if (is_name(at, name, "transfer-encoding")) {
            fields.supported = false;
        }
        at = line_end + 2;
    }
    return fields;
}
#endif
