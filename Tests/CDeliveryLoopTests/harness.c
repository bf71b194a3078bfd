#define _GNU_SOURCE
#include "harness.h"

#include <dirent.h>
#include <time.h>

unsigned checks, failures;
const char *bench_user_agent;

static const fanfare_address_range loopback = {.address = {127}, .prefix = 8};

struct bench bench_open_with(const fanfare_loop_config *config) {
    struct bench bench = {.receiver = receiver_start(), .capacity = 16384};
    fanfare_loop_config changed = *config;
    if (changed.allowed_count == 0) {
        changed.allowed = &loopback;
        changed.allowed_count = 1;
    }
    CHECK_INT(fanfare_loop_create(&changed, &bench.loop), FANFARE_OK);
    bench.outcomes = calloc(bench.capacity, sizeof *bench.outcomes);
    return bench;
}

struct bench bench_open(void) {
    fanfare_loop_config config = {0};
    return bench_open_with(&config);
}

void bench_close(struct bench *bench) {
    CHECK_INT(fanfare_loop_in_flight(bench->loop), 0);
    fanfare_loop_destroy(bench->loop);
    receiver_stop(bench->receiver);
    free(bench->outcomes);
}

uint32_t bench_endpoint_at(struct bench *bench, const char *url) {
    fanfare_endpoint_config config = {.url = url, .method = "POST", .user_agent = bench_user_agent};
    uint32_t endpoint = 0;
    CHECK_INT(fanfare_loop_add_endpoint(bench->loop, &config, &endpoint), FANFARE_OK);
    return endpoint;
}

uint32_t bench_endpoint(struct bench *bench, const char *path) {
    char url[512];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", receiver_port(bench->receiver), path);
    return bench_endpoint_at(bench, url);
}

void bench_send_request(struct bench *bench, fanfare_request request) {
    size_t accepted = 0;
    CHECK_INT(fanfare_loop_submit(bench->loop, &request, 1, &accepted), FANFARE_OK);
    CHECK_INT(accepted, 1);
}

void bench_send(struct bench *bench, uint32_t endpoint, uint64_t token, const char *body) {
    // Memory of its own, wiped at once: the loop must have copied it.
    size_t length = strlen(body);
    char *copy = strdup(body);
    fanfare_request request = {
        .token = token, .endpoint = endpoint, .timeout_ms = 30000, .body = (uint8_t *)copy, .body_length = length,
    };
    bench_send_request(bench, request);
    memset(copy, '#', length);
    free(copy);
}

static void keep(struct bench *bench, const fanfare_completion *completion) {
    struct outcome *outcome = &bench->outcomes[bench->count++];
    *outcome = (struct outcome){.completion = *completion};
    if (completion->excerpt) memcpy(outcome->excerpt, completion->excerpt, completion->excerpt_length);
    if (completion->location) memcpy(outcome->location, completion->location, completion->location_length);
}

bool bench_gather(struct bench *bench, size_t count, double seconds) {
    fanfare_completion completions[64];
    double limit = seconds_now() + seconds;
    bench->count = 0;
    while (bench->count < count && seconds_now() < limit) {
        size_t written = 0;
        if (fanfare_loop_poll(bench->loop, completions, 64, 20, &written) != FANFARE_OK) break;
        for (size_t i = 0; i < written && bench->count < bench->capacity; i++) keep(bench, &completions[i]);
    }
    return bench->count >= count;
}

bool bench_poll_until(struct bench *bench, const atomic_ulong *counter, unsigned long value) {
    double limit = seconds_now() + 20;
    while (*counter < value && seconds_now() < limit) {
        fanfare_completion completion;
        size_t written = 0;
        CHECK_INT(fanfare_loop_poll(bench->loop, &completion, 1, 5, &written), FANFARE_OK);
        CHECK_INT(written, 0);
    }
    return *counter >= value;
}

struct outcome bench_exchange(struct bench *bench, uint32_t endpoint, const char *body) {
    bench_send(bench, endpoint, 1, body);
    CHECK(bench_gather(bench, 1, 6));
    CHECK_INT(bench->count, 1);
    return bench->outcomes[0];
}

static double seconds_of(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double seconds_now(void) { return seconds_of(CLOCK_MONOTONIC); }
double thread_cpu_seconds(void) { return seconds_of(CLOCK_THREAD_CPUTIME_ID); }

size_t open_descriptors(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}
