// The loop alone: sends one fixed, signed-looking request over and over, without payload, lane or ledger. What the
// agent costs beyond this is Swift's and SQLite's; what this costs beyond wrk is libcurl's and the loop's.
//
//   loop-bench REQUESTS IN_FLIGHT URL…
//
// With more than one URL each is an endpoint of its own, and they take turns.
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

// Of the sizes that the agent's requests have in perf/run.
static const char headers[] = "Content-Type: application/json\0"
                              "webhook-id: msg_aaaaaaaaaaaaaaaaaaaaaaaaaa\0"
                              "webhook-timestamp: 1700000000\0"
                              "webhook-signature: v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
static const char body[] =
    "{\"to\":\"+33612345678\",\"email\":\"contact.123456@example.com\",\"text\":\"Bonjour \xc3\x89lodie, vos offres vous "
    "attendent : moins trente pour cent jusqu'\xc3\xa0 dimanche soir, en magasin et en ligne. Pr\xc3\xa9sentez ce "
    "message en caisse, ou le code AUTOMNE en ligne.\",\"city\":\"Paris\",\"score\":500}";

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

static fanfare_loop *make_loop(char **urls, size_t count, uint32_t *endpoints) {
    const fanfare_address_range loopback = {.address = {127, 0, 0, 0}, .prefix = 8};
    const fanfare_loop_config config = {.allowed = &loopback, .allowed_count = 1};
    fanfare_loop *loop = NULL;
    must("create", fanfare_loop_create(&config, &loop));
    for (size_t i = 0; i < count; i++) {
        const fanfare_endpoint_config target = {.url = urls[i], .method = "POST"};
        must("add endpoint", fanfare_loop_add_endpoint(loop, &target, &endpoints[i]));
    }
    return loop;
}

static void submit(fanfare_loop *loop, const fanfare_request *requests, size_t count) {
    size_t accepted = 0;
    must("submit", fanfare_loop_submit(loop, requests, count, &accepted));
    if (accepted < count) give_up("not all requests were taken in", FANFARE_OK);
}

// As many requests as a batch has at most, beginning with any endpoint's: the endpoints take turns.
static fanfare_request *make_requests(const uint32_t *endpoints, size_t count) {
    fanfare_request *requests = calloc(count + BATCH, sizeof *requests);
    if (!requests) give_up("requests", FANFARE_OUT_OF_MEMORY);
    for (size_t i = 0; i < count + BATCH; i++) {
        requests[i] = (fanfare_request){.endpoint = endpoints[i % count], .timeout_ms = PATIENCE_MS,
                                        .headers = headers, .headers_length = sizeof headers,
                                        .body = (const uint8_t *)body, .body_length = sizeof body - 1};
    }
    return requests;
}

// Keeps in_flight requests under way until all have been answered. Returns how many failed.
static size_t run(
    fanfare_loop *loop, const fanfare_request *requests, size_t endpoints, size_t total, size_t in_flight) {
    static fanfare_completion completions[COMPLETIONS];
    size_t sent = 0, answered = 0, failed = 0;
    while (answered < total) {
        while (sent < total && sent - answered < in_flight) {
            size_t room = in_flight - (sent - answered), rest = total - sent;
            size_t count = room < rest ? room : rest;
            if (count > BATCH) count = BATCH;
            submit(loop, requests + sent % endpoints, count);
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
    if (argc < 4) {
        fprintf(stderr, "usage: loop-bench REQUESTS IN_FLIGHT URL...\n");
        return 2;
    }
    size_t total = number(argv[1]), in_flight = number(argv[2]), count = (size_t)argc - 3;
    uint32_t *endpoints = calloc(count, sizeof *endpoints);
    if (!endpoints) give_up("endpoints", FANFARE_OUT_OF_MEMORY);
    fanfare_loop *loop = make_loop(argv + 3, count, endpoints);
    fanfare_request *requests = make_requests(endpoints, count);
    double start = now();
    size_t failed = run(loop, requests, count, total, in_flight);
    printf("%zu answered, %zu failed in %.3f s\n", total, failed, now() - start);
    fanfare_loop_destroy(loop);
    free(requests);
    free(endpoints);
    return failed ? 1 : 0;
}
