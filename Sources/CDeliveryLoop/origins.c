// Hosts and ports: their addresses, and how their connections are spread over the shards.
#include "internal.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t hash_of(const char *host, uint16_t port) {
    uint32_t hash = 2166136261u ^ port; // FNV-1a
    for (const char *c = host; *c; c++) hash = (hash ^ (unsigned char)*c) * 16777619u;
    return hash;
}

bool fanfare_is_address(const char *text) {
    uint8_t address[16];
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

struct origin *fanfare_origin_find(fanfare_loop *loop, const char *host, uint16_t port) {
    for (struct origin *origin = loop->origins; origin; origin = origin->next) {
        if (origin->port == port && strcmp(origin->host, host) == 0) return origin;
    }
    struct origin *origin = calloc(1, sizeof *origin);
    char *name = origin ? strdup(host) : NULL;
    if (!name) {
        free(origin);
        return NULL;
    }
    origin->host = name;
    origin->port = port;
    origin->is_literal = fanfare_is_address(host);
    origin->home = hash_of(host, port) % HOME_SHARDS;
    origin->next = loop->origins;
    loop->origins = origin;
    return origin;
}

// Runs one line of CURLOPT_RESOLVE into the shared DNS cache, at once: the transfer's URL has a scheme that is not
// allowed, so it ends right after its start, before anything is looked up or connected to.
static CURLcode apply(fanfare_loop *loop, char *line) {
    struct curl_slist list = {.data = line, .next = NULL};
    curl_easy_setopt(loop->resolver, CURLOPT_RESOLVE, &list);
    CURLcode code = curl_easy_perform(loop->resolver);
    curl_easy_setopt(loop->resolver, CURLOPT_RESOLVE, NULL);
    return code == CURLE_UNSUPPORTED_PROTOCOL ? CURLE_OK : code;
}

fanfare_result fanfare_origin_set_addresses(
    fanfare_loop *loop, struct origin *origin, const char *const *addresses, size_t count) {
    size_t size = strlen(origin->host) + 16;
    for (size_t i = 0; i < count; i++) {
        if (!fanfare_is_address(addresses[i])) return FANFARE_INVALID_ARGUMENT;
        size += strlen(addresses[i]) + 1;
    }
    if (count == 0) return FANFARE_INVALID_ARGUMENT;
    char *line = malloc(size);
    if (!line) return FANFARE_OUT_OF_MEMORY;
    int length = snprintf(line, size, "%s:%u:", origin->host, origin->port);
    char *at = line + length;
    for (size_t i = 0; i < count; i++) {
        size_t bytes = strlen(addresses[i]);
        if (i > 0) *at++ = ',';
        memcpy(at, addresses[i], bytes);
        at += bytes;
    }
    *at = 0;
    CURLcode code = apply(loop, line);
    free(line);
    if (code != CURLE_OK) return code == CURLE_OUT_OF_MEMORY ? FANFARE_OUT_OF_MEMORY : FANFARE_INVALID_ARGUMENT;
    origin->has_addresses = true;
    return FANFARE_OK;
}

static void forget_addresses(fanfare_loop *loop, struct origin *origin) {
    size_t size = strlen(origin->host) + 16;
    char *line = malloc(size);
    if (!line) return; // one entry of the cache stays until the loop goes
    snprintf(line, size, "-%s:%u", origin->host, origin->port);
    apply(loop, line);
    free(line);
    origin->has_addresses = false;
}

void fanfare_origin_leave(fanfare_loop *loop, struct origin *origin) {
    if (--origin->endpoints > 0) return;
    if (origin->has_addresses) forget_addresses(loop, origin);
    fanfare_origin_release(loop, origin);
}

void fanfare_origin_release(fanfare_loop *loop, struct origin *origin) {
    if (origin->endpoints > 0 || origin->sockets > 0) return;
    struct origin **link = &loop->origins;
    while (*link != origin) link = &(*link)->next;
    *link = origin->next;
    free(origin->berths);
    free(origin->host);
    free(origin);
}

static bool reserve_berths(fanfare_loop *loop, struct origin *origin) {
    if (origin->berth_count >= loop->shard_count) return true;
    struct berth *berths = realloc(origin->berths, loop->shard_count * sizeof *berths);
    if (!berths) return false;
    memset(berths + origin->berth_count, 0, (loop->shard_count - origin->berth_count) * sizeof *berths);
    origin->berths = berths;
    origin->berth_count = loop->shard_count;
    return true;
}

bool fanfare_origin_take_berth(fanfare_loop *loop, struct origin *origin, uint32_t *shard) {
    if (!reserve_berths(loop, origin)) return false;
    uint32_t found = origin->home;
    uint32_t tried = 0;
    while (tried < loop->shard_count && origin->berths[found].handles >= SHARD_CONNECTIONS) {
        found = (found + 1) % loop->shard_count;
        tried++;
    }
    if (tried == loop->shard_count) {
        if (!fanfare_shard_add(loop) || !reserve_berths(loop, origin)) return false;
        found = loop->shard_count - 1;
    }
    origin->berths[found].handles++;
    *shard = found;
    return true;
}
