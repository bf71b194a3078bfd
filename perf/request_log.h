// The receiver's log; see receiver.c for its lines.
#ifndef REQUEST_LOG_H
#define REQUEST_LOG_H
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include "request_head.h"

enum { KEY_MAX = 128 };

static uint64_t now_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000;
}

// Returns NULL, with errno, when the file cannot be written.
static FILE *log_open(const char *path) {
    FILE *log = fopen(path, "w");
    if (log) setvbuf(log, NULL, _IOFBF, 1 << 20);
    return log;
}

static void log_request(FILE *log, uint64_t sequence, const struct fields *fields) {
    if (!log) return;
    int id_length = fields->id_length < KEY_MAX ? (int)fields->id_length : KEY_MAX;
    int contact_length = fields->contact_length < KEY_MAX ? (int)fields->contact_length : KEY_MAX;
    fprintf(log, "R %lu %lu %.*s %.*s\n", sequence, now_us(), id_length ? id_length : 1,
            id_length ? fields->id : "-", contact_length ? contact_length : 1, contact_length ? fields->contact : "-");
}

static void log_answer(FILE *log, uint64_t sequence, int status) {
    if (log) fprintf(log, "A %lu %lu %d\n", sequence, now_us(), status);
}
#endif
