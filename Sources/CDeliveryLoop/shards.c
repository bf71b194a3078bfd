// Multi handles. All are driven by one thread through one epoll instance; each has few connections.
#include "internal.h"

#include <stdlib.h>

// libcurl forbids calling it from here: only the deadline is noted.
static int on_timer(CURLM *multi, long timeout_ms, void *user) {
    (void)multi;
    struct shard *shard = user;
    fanfare_loop *loop = shard->loop;
    loop->due_us[shard->index] = timeout_ms < 0 ? INT64_MAX : loop->now_us + (int64_t)timeout_ms * 1000;
    return 0;
}

static bool reserve_shard(fanfare_loop *loop) {
    if (loop->shard_count < loop->shard_capacity) return true;
    uint32_t capacity = loop->shard_capacity ? loop->shard_capacity * 2 : HOME_SHARDS;
    struct shard **shards = realloc(loop->shards, capacity * sizeof *shards);
    if (shards) loop->shards = shards;
    int64_t *due = realloc(loop->due_us, capacity * sizeof *due);
    if (due) loop->due_us = due;
    uint32_t *touched = realloc(loop->touched, capacity * sizeof *touched);
    if (touched) loop->touched = touched;
    if (!shards || !due || !touched) return false;
    loop->shard_capacity = capacity;
    return true;
}

bool fanfare_shard_add(fanfare_loop *loop, bool multiplexes) {
    if (!reserve_shard(loop)) return false;
    struct shard *shard = calloc(1, sizeof *shard);
    CURLM *multi = shard ? curl_multi_init() : NULL;
    if (!multi) {
        free(shard);
        return false;
    }
    *shard = (struct shard){.multi = multi, .loop = loop, .index = loop->shard_count, .multiplexes = multiplexes};
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, fanfare_on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, shard);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, shard);
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, (long)(multiplexes ? CURLPIPE_MULTIPLEX : CURLPIPE_NOTHING));
    curl_multi_setopt(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)STREAMS_PER_CONNECTION);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)SHARD_KEPT_CONNECTIONS);
    loop->shards[shard->index] = shard;
    loop->due_us[shard->index] = INT64_MAX;
    loop->shard_count++;
    return true;
}

void fanfare_shard_run(struct shard *shard, curl_socket_t fd, int events) {
    fanfare_loop *loop = shard->loop;
    int running;
    if (shard->multiplexes) fanfare_watchdog_call_begins(loop);
    CURLMcode code = curl_multi_socket_action(shard->multi, fd, events, &running);
    if (shard->multiplexes) fanfare_watchdog_call_ends(loop);
    if (code != CURLM_OK && loop->multi_code == 0) loop->multi_code = code;
    if (!shard->touched) {
        shard->touched = true;
        loop->touched[loop->touched_count++] = shard->index;
    }
}
