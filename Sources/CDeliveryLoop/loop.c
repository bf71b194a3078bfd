// Making, driving and releasing a loop.
#include "internal.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

_Static_assert(sizeof(fanfare_request) == 64 && _Alignof(fanfare_request) == 8, "shared with Swift");
_Static_assert(sizeof(fanfare_completion) == 104 && _Alignof(fanfare_completion) == 8, "shared with Swift");
_Static_assert(sizeof(fanfare_address_range) == 18, "shared with Swift");

// Marks the wake-up descriptor among events; no socket has generation 0.
static const uint64_t wake_mark = UINT32_MAX;

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_ready = CURLE_FAILED_INIT;

static void init_curl(void) { curl_ready = fanfare_memory_init(); }

int64_t fanfare_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static bool open_descriptors(fanfare_loop *loop) {
    loop->sockets.epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = wake_mark};
    return loop->sockets.epoll >= 0 && loop->wake_fd >= 0
        && epoll_ctl(loop->sockets.epoll, EPOLL_CTL_ADD, loop->wake_fd, &event) == 0;
}

static bool open_curl(fanfare_loop *loop) {
    loop->share = curl_share_init();
    loop->resolver = curl_easy_init();
    if (!loop->share || !loop->resolver) return false;
    bool ready = curl_share_setopt(loop->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS) == CURLSHE_OK
        && curl_easy_setopt(loop->resolver, CURLOPT_SHARE, loop->share) == CURLE_OK
        && curl_easy_setopt(loop->resolver, CURLOPT_DNS_CACHE_TIMEOUT, -1L) == CURLE_OK
        && curl_easy_setopt(loop->resolver, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK
        && curl_easy_setopt(loop->resolver, CURLOPT_PROXY, "") == CURLE_OK
        && curl_easy_setopt(loop->resolver, CURLOPT_NOSIGNAL, 1L) == CURLE_OK
        && curl_easy_setopt(loop->resolver, CURLOPT_URL, "http://0.0.0.0/") == CURLE_OK;
    for (int i = 0; ready && i < HOME_SHARDS; i++) ready = fanfare_shard_add(loop, false);
    return ready;
}

static uint32_t or_default(uint32_t value, uint32_t otherwise) { return value ? value : otherwise; }

static bool take_config(fanfare_loop *loop, const fanfare_loop_config *config) {
    loop->max_connecting = or_default(config->max_connecting, 64);
    loop->max_connecting_per_endpoint = or_default(config->max_connecting_per_endpoint, 16);
    loop->max_in_flight = or_default(config->max_in_flight, 65536);
    loop->max_sockets = config->max_sockets;
    if (config->allowed_count == 0) return true;
    loop->allowed = malloc(config->allowed_count * sizeof *loop->allowed);
    if (!loop->allowed) return false;
    memcpy(loop->allowed, config->allowed, config->allowed_count * sizeof *loop->allowed);
    loop->allowed_count = config->allowed_count;
    return true;
}

static bool ranges_are_valid(const fanfare_loop_config *config) {
    for (size_t i = 0; i < config->allowed_count; i++) {
        if (config->allowed[i].prefix > (config->allowed[i].is_ipv6 ? 128 : 32)) return false;
    }
    return true;
}

fanfare_result fanfare_loop_create(const fanfare_loop_config *config, fanfare_loop **loop) {
    pthread_once(&curl_once, init_curl);
    if (curl_ready != CURLE_OK) return FANFARE_OUT_OF_MEMORY;
    if (!ranges_are_valid(config)) return FANFARE_INVALID_ARGUMENT;
    fanfare_loop *made = calloc(1, sizeof *made);
    if (!made) return FANFARE_OUT_OF_MEMORY;
    made->sockets.epoll = made->wake_fd = -1;
    made->multiplexing_shard = UINT32_MAX;
    made->now_us = fanfare_now_us();
    fanfare_result result = FANFARE_OK;
    if (!open_descriptors(made)) result = FANFARE_SYSTEM_ERROR;
    else if (!take_config(made, config) || !open_curl(made)) result = FANFARE_OUT_OF_MEMORY;
    if (result == FANFARE_OK) {
        *loop = made;
    } else {
        int saved = errno;
        fanfare_loop_destroy(made);
        errno = saved;
    }
    return result;
}

static void free_slots(struct slot_queue *queue) {
    for (struct slot *slot; (slot = fanfare_slot_pop(queue));) fanfare_slot_free(slot);
}

void fanfare_loop_destroy(fanfare_loop *loop) {
    if (!loop) return;
    fanfare_transfer_end_all(loop, FANFARE_CANCELLED, CURLE_ABORTED_BY_CALLBACK);
    for (uint32_t i = 0; i < loop->endpoint_count; i++) {
        if (loop->endpoints[i]) fanfare_endpoint_free(loop, loop->endpoints[i]);
    }
    // Closes the idle connections, which still call the loop's callback.
    for (uint32_t i = 0; i < loop->shard_count; i++) {
        curl_multi_cleanup(loop->shards[i]->multi);
        free(loop->shards[i]);
    }
    fanfare_watchdog_stop(loop);
    curl_easy_cleanup(loop->resolver);
    curl_share_cleanup(loop->share);
    free_slots(&loop->free_slots);
    free_slots(&loop->finished);
    free_slots(&loop->shown);
    if (loop->sockets.epoll >= 0) close(loop->sockets.epoll);
    if (loop->wake_fd >= 0) close(loop->wake_fd);
    free(loop->sockets.entries);
    free(loop->shards);
    free(loop->due_us);
    free(loop->touched);
    free(loop->endpoints);
    free(loop->endpoint_generations);
    free(loop->allowed);
    fanfare_inspection_free(loop->inspection);
    free(loop);
}

fanfare_result fanfare_loop_submit(
    fanfare_loop *loop, const fanfare_request *requests, size_t count, size_t *accepted) {
    if (loop->multi_code != 0) return FANFARE_POISONED;
    loop->now_us = fanfare_now_us();
    size_t taken = 0;
    for (; taken < count && loop->in_flight < loop->max_in_flight; taken++) {
        struct slot *slot = fanfare_slot_pop(&loop->free_slots);
        if (!slot) slot = calloc(1, sizeof *slot);
        if (!slot) break;
        struct endpoint *endpoint = fanfare_endpoint_of(loop, requests[taken].endpoint);
        if (!fanfare_slot_fill(slot, &requests[taken], endpoint)) {
            fanfare_slot_push_front(&loop->free_slots, slot);
            break;
        }
        loop->in_flight++;
        fanfare_transfer_admit(loop, slot);
    }
    *accepted = taken;
    return FANFARE_OK;
}

static void run_due_shards(fanfare_loop *loop) {
    for (uint32_t i = 0; i < loop->shard_count; i++) {
        if (loop->due_us[i] > loop->now_us) continue;
        loop->due_us[i] = INT64_MAX; // libcurl sets it anew
        fanfare_shard_run(loop->shards[i], CURL_SOCKET_TIMEOUT, 0);
    }
}

static void collect_messages(fanfare_loop *loop) {
    for (uint32_t i = 0; i < loop->touched_count; i++) {
        struct shard *shard = loop->shards[loop->touched[i]];
        shard->touched = false;
        int left;
        for (CURLMsg *message; (message = curl_multi_info_read(shard->multi, &left));) {
            if (message->msg != CURLMSG_DONE) continue;
            CURLcode code = message->data.result; // the message goes with the handle's removal
            struct handle *handle = NULL;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &handle);
            fanfare_transfer_finish(handle, code);
        }
    }
    loop->touched_count = 0;
}

static int milliseconds_until(int64_t due_us, int64_t now_us) {
    if (due_us == INT64_MAX) return -1;
    if (due_us <= now_us) return 0;
    int64_t wait = (due_us - now_us + 999) / 1000;
    return wait > INT_MAX ? INT_MAX : (int)wait;
}

static int64_t next_due(const fanfare_loop *loop) {
    int64_t due = INT64_MAX;
    for (uint32_t i = 0; i < loop->shard_count; i++) if (loop->due_us[i] < due) due = loop->due_us[i];
    return due;
}

static void poison(fanfare_loop *loop, int code) {
    if (loop->multi_code == 0) loop->multi_code = code;
    fanfare_transfer_end_all(loop, FANFARE_LOCAL_FAILURE, CURLE_UNRECOVERABLE_POLL);
}

// Waits for events and hands them to libcurl. True: the waker was used.
static bool wait_for_events(fanfare_loop *loop, int64_t until_us) {
    int64_t due = next_due(loop);
    int wait = milliseconds_until(due < until_us ? due : until_us, loop->now_us);
    if (loop->finished.count > 0) wait = 0;
    int count = epoll_wait(loop->sockets.epoll, loop->events, EVENTS_AT_A_TIME, wait);
    if (count < 0 && errno != EINTR) loop->system_error = errno;
    loop->now_us = fanfare_now_us();
    bool woken = false;
    for (int i = 0; i < count && loop->multi_code == 0; i++) {
        if (loop->events[i].data.u64 == wake_mark) {
            uint64_t times;
            woken = read(loop->wake_fd, &times, sizeof times) == (ssize_t)sizeof times;
        } else {
            fanfare_socket_event(loop, &loop->events[i]);
        }
    }
    return woken;
}

// One turn: what is due, what has happened, what it ended, what may start instead.
static bool turn(fanfare_loop *loop, int64_t until_us) {
    run_due_shards(loop);
    collect_messages(loop);
    bool woken = wait_for_events(loop, until_us);
    collect_messages(loop);
    if (loop->must_reorder) fanfare_origins_reorder(loop);
    if (loop->system_error != 0) loop->multi_code = CURLM_UNRECOVERABLE_POLL;
    if (loop->multi_code != 0) poison(loop, loop->multi_code);
    else if (loop->waiting_endpoints > 0) fanfare_transfer_start_waiting(loop);
    return woken;
}

static void recycle(fanfare_loop *loop) {
    for (struct slot *slot; (slot = fanfare_slot_pop(&loop->shown));) {
        if (slot->bytes_capacity > SLOT_KEPT_BYTES) {
            free(slot->bytes);
            slot->bytes = NULL;
            slot->bytes_capacity = 0;
        }
        fanfare_memory_give_back(slot->excerpt);
        slot->excerpt = NULL;
        // The last used is the first to be used again: its bytes are in the processor's caches still.
        fanfare_slot_push_front(&loop->free_slots, slot);
    }
}

static uint32_t since_start(const struct slot *slot, int64_t then_us) {
    int64_t elapsed = then_us == 0 || then_us < slot->started_us ? 0 : then_us - slot->started_us;
    return elapsed > UINT32_MAX ? UINT32_MAX : (uint32_t)elapsed;
}

static void describe(const struct slot *slot, fanfare_completion *completion) {
    *completion = (fanfare_completion){
        .token = slot->token,
        .bytes_up = slot->bytes_up,
        .bytes_down = slot->header_bytes + slot->body_bytes,
        .excerpt = slot->excerpt_length ? slot->excerpt : NULL,
        .location = slot->location_length ? (const char *)slot->excerpt + EXCERPT_CAP : NULL,
        .excerpt_length = slot->excerpt_length,
        .location_length = slot->location_length,
        .endpoint = slot->endpoint_id,
        .flags = (fanfare_transfer_flags)slot->flags,
        .http_status = slot->status,
        .curl_code = slot->curl_code,
        .multi_code = slot->multi_code,
        .os_errno = slot->os_errno,
        .retry_after_s = slot->retry_after_s,
        .name_us = slot->name_us,
        .connect_us = slot->connect_us,
        .tls_us = slot->tls_us,
        .first_byte_us = since_start(slot, slot->first_byte_us),
        .total_us = slot->total_us,
        .proxy_status = slot->proxy_status,
        .http_version = slot->http_version,
        .tls_problem = (fanfare_tls_problem)slot->tls_problem,
    };
}

fanfare_result fanfare_loop_poll(
    fanfare_loop *loop, fanfare_completion *completions, size_t capacity, int32_t timeout_ms, size_t *count) {
    fanfare_memory_keep();
    recycle(loop);
    loop->now_us = fanfare_now_us();
    int64_t until_us = timeout_ms < 0 ? INT64_MAX : loop->now_us + (int64_t)timeout_ms * 1000;
    bool done = loop->multi_code != 0;
    while (!done) {
        done = turn(loop, until_us) || loop->finished.count > 0 || loop->now_us >= until_us;
        if (loop->multi_code != 0) done = true;
    }
    size_t shown = 0;
    for (; shown < capacity && loop->finished.first; shown++) {
        struct slot *slot = fanfare_slot_pop(&loop->finished);
        describe(slot, &completions[shown]);
        fanfare_slot_push(&loop->shown, slot);
    }
    loop->in_flight -= shown;
    if (shown == 0 && loop->multi_code != 0) return FANFARE_POISONED;
    *count = shown;
    return FANFARE_OK;
}

fanfare_result fanfare_loop_recall(fanfare_loop *loop, uint32_t endpoint) {
    struct endpoint *found = fanfare_endpoint_of(loop, endpoint);
    if (!found) return FANFARE_UNKNOWN_ENDPOINT;
    fanfare_transfer_end_waiting(loop, found, FANFARE_CANCELLED, CURLE_ABORTED_BY_CALLBACK);
    return FANFARE_OK;
}

void fanfare_loop_cancel_all(fanfare_loop *loop) {
    recycle(loop);
    fanfare_transfer_end_all(loop, FANFARE_CANCELLED, CURLE_ABORTED_BY_CALLBACK);
}

size_t fanfare_loop_in_flight(const fanfare_loop *loop) { return loop->in_flight; }
