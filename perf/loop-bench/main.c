// The loop alone: sends one fixed, signed-looking request over and over, without payload, lane or ledger. What the
// agent costs beyond this is Swift's and SQLite's; what this costs beyond wrk is libcurl's and the loop's.
//
//   loop-bench URL REQUESTS IN_FLIGHT
//
// Ends with 0 when every request was answered with 2xx, and prints how many a second that were.
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "CDeliveryLoop.h"

enum { BATCH = 256, COMPLETIONS = 1024, PATIENCE_MS = 30000 };

// Of the sizes that the agent's requests have in perf/agent.
static const char headers[] = "Content-Type: application/json\0"
                              "webhook-id: msg_aaaaaaaaaaaaaaaaaaaaaaaaaa\0"
                              "webhook-timestamp: 1700000000\0"
                              "webhook-signature: v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
static const char body[] =
    "{\"to\":\"+33612345678\",\"email\":\"contact.123456@example.com\",\"text\":\"Bonjour \xc3\x89lodie, vos offres vous "
    "attendent : moins trente pour cent jusqu'\xc3\xa0 dimanche soir, en magasin et en ligne.\",\"city\":\"Paris\","
    "\"score\":500}";

static _Noreturn void give_up(const char *what, fanfare_result result) {
    fprintf(stderr, "loop-bench: %s: result %d\n", what, (int)result);
    exit(1);
}

static void must(const char *what, fanfare_result result) {
    if (result != FANFARE_OK) give_up(what, result);
}

static size_t number(const char *text) {
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    if (*text == 0 || *end != 0 || value == 0 || value > 1000000000) {
        fprintf(stderr, "loop-bench: %s is not a number from 1 to 1000000000\n", text);
        exit(2);
    }
    return (size_t)value;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static fanfare_loop *make_loop(const char *url, uint32_t *endpoint) {
    const fanfare_address_range loopback = {.address = {127, 0, 0, 0}, .prefix = 8};
    const fanfare_loop_config config = {.allowed = &loopback, .allowed_count = 1};
    const fanfare_endpoint_config target = {.url = url, .method = "POST"};
    fanfare_loop *loop = NULL;
    must("create", fanfare_loop_create(&config, &loop));
    must("add endpoint", fanfare_loop_add_endpoint(loop, &target, endpoint));
    return loop;
}

static void submit(fanfare_loop *loop, const fanfare_request *requests, size_t count) {
    size_t accepted = 0;
    must("submit", fanfare_loop_submit(loop, requests, count, &accepted));
    if (accepted < count) give_up("not all requests were taken in", FANFARE_OK);
}

// Keeps in_flight requests under way until all have been answered. Returns how many failed.
static size_t run(fanfare_loop *loop, const fanfare_request *requests, size_t total, size_t in_flight) {
    static fanfare_completion completions[COMPLETIONS];
    size_t sent = 0, answered = 0, failed = 0;
    while (answered < total) {
        while (sent < total && sent - answered < in_flight) {
            size_t room = in_flight - (sent - answered), rest = total - sent;
            size_t count = room < rest ? room : rest;
            if (count > BATCH) count = BATCH;
            submit(loop, requests, count);
            sent += count;
        }
        size_t count = 0;
        must("poll", fanfare_loop_poll(loop, completions, COMPLETIONS, PATIENCE_MS, &count));
        for (size_t i = 0; i < count; i++) failed += !(completions[i].flags & FANFARE_ACCEPTED);
        answered += count;
    }
    return failed;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: loop-bench URL REQUESTS IN_FLIGHT\n");
        return 2;
    }
    size_t total = number(argv[2]), in_flight = number(argv[3]);
    uint32_t endpoint = 0;
    fanfare_loop *loop = make_loop(argv[1], &endpoint);
    fanfare_request requests[BATCH];
    for (size_t i = 0; i < BATCH; i++) {
        requests[i] = (fanfare_request){.endpoint = endpoint, .timeout_ms = PATIENCE_MS, .headers = headers,
                                        .headers_length = sizeof headers, .body = (const uint8_t *)body,
                                        .body_length = sizeof body - 1};
    }
    double start = now();
    size_t failed = run(loop, requests, total, in_flight);
    printf("%zu answered, %zu failed, %.0f/s\n", total, failed, (double)total / (now() - start));
    fanfare_loop_destroy(loop);
    return failed ? 1 : 0;
}
