// What the tests of the loop share: checks, a loop with one endpoint, sending and gathering.
#pragma once

#include "CDeliveryLoop.h"
#include "receiver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern unsigned checks, failures;
// Of the endpoints that the bench makes: with one the loop writes the heads of requests itself.
extern const char *bench_user_agent;

#define CHECK(condition)                                                                   \
    do {                                                                                   \
        checks++;                                                                          \
        if (!(condition)) {                                                                \
            failures++;                                                                    \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);        \
        }                                                                                  \
    } while (0)

#define CHECK_INT(actual, expected)                                                        \
    do {                                                                                   \
        long long actual_ = (long long)(actual), expected_ = (long long)(expected);        \
        checks++;                                                                          \
        if (actual_ != expected_) {                                                        \
            failures++;                                                                    \
            fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, actual_, expected_); \
        }                                                                                  \
    } while (0)

struct outcome {
    fanfare_completion completion;
    char excerpt[1025];
    char location[513];
};

// A loop that may reach 127.0.0.0/8, and its outcomes.
struct bench {
    struct receiver *receiver;
    fanfare_loop *loop;
    struct outcome *outcomes;
    size_t count, capacity;
};

struct bench bench_open(void);
struct bench bench_open_with(const fanfare_loop_config *config); // `allowed`, where it is empty, is set by this
void bench_close(struct bench *bench);
// An endpoint at the receiver.
uint32_t bench_endpoint(struct bench *bench, const char *path);
uint32_t bench_endpoint_at(struct bench *bench, const char *url);
void bench_send(struct bench *bench, uint32_t endpoint, uint64_t token, const char *body);
void bench_send_request(struct bench *bench, fanfare_request request);
// Polls until `count` outcomes have been gathered since the last call, for at most `seconds`; true when so many came.
bool bench_gather(struct bench *bench, size_t count, double seconds);
// Polls, and expects no completion, until the receiver's counter is at least the value.
bool bench_poll_until(struct bench *bench, const atomic_ulong *counter, unsigned long value);
// Sends one and returns its outcome.
struct outcome bench_exchange(struct bench *bench, uint32_t endpoint, const char *body);

double seconds_now(void);
double thread_cpu_seconds(void);
size_t open_descriptors(void);

static inline bool has(const struct outcome *outcome, uint32_t flags) {
    return ((uint32_t)outcome->completion.flags & flags) == flags;
}
