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

static int family_of(const char *address) { return strchr(address, ':') ? AF_INET6 : AF_INET; }

static bool is_permitted(const fanfare_loop *loop, const char *address) {
    uint8_t bytes[16];
    bool is_ipv6 = family_of(address) == AF_INET6;
    if (inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, bytes) != 1) return false;
    return fanfare_egress_permits(loop->allowed, loop->allowed_count, bytes, is_ipv6);
}

// Of addresses that are refused libcurl would try the next only after a while. They are left out, unless all are: then
// the attempt has to find out that it is blocked. (A proxy's addresses are not asked about.)
static bool are_some_permitted(const fanfare_loop *loop, const struct origin *origin) {
    for (size_t i = 0; i < origin->address_count; i++) if (is_permitted(loop, origin->addresses[i])) return true;
    return false;
}

// libcurl tries the family of the first address, and the other when that has not answered for 200 ms: the one that
// was connected to last goes first, or every connection to a receiver whose IPv6 is dead would lose that time.
static CURLcode hand_over(fanfare_loop *loop, const struct origin *origin) {
    size_t size = strlen(origin->host) + 16;
    for (size_t i = 0; i < origin->address_count; i++) size += strlen(origin->addresses[i]) + 1;
    char *line = malloc(size);
    if (!line) return CURLE_OUT_OF_MEMORY;
    char *at = line + snprintf(line, size, "%s:%u:", origin->host, origin->port);
    bool drops_refused = !origin->is_proxy && are_some_permitted(loop, origin);
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < origin->address_count; i++) {
            bool goes_first = origin->family == 0 || family_of(origin->addresses[i]) == origin->family;
            if (goes_first != (turn == 0)) continue;
            if (drops_refused && !is_permitted(loop, origin->addresses[i])) continue;
            size_t bytes = strlen(origin->addresses[i]);
            memcpy(at, origin->addresses[i], bytes);
            at += bytes;
            *at++ = ',';
        }
    }
    at[-1] = 0;
    CURLcode code = apply(loop, line);
    free(line);
    return code;
}

static void free_addresses(struct origin *origin) {
    for (size_t i = 0; i < origin->address_count; i++) free(origin->addresses[i]);
    free(origin->addresses);
    origin->addresses = NULL;
    origin->address_count = 0;
}

static bool keep_addresses(struct origin *origin, const char *const *addresses, size_t count) {
    free_addresses(origin);
    origin->addresses = calloc(count, sizeof *origin->addresses);
    if (!origin->addresses) return false;
    for (; origin->address_count < count; origin->address_count++) {
        char *copy = strdup(addresses[origin->address_count]);
        if (!copy) return false;
        origin->addresses[origin->address_count] = copy;
    }
    return true;
}

fanfare_result fanfare_origin_set_addresses(
    fanfare_loop *loop, struct origin *origin, const char *const *addresses, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!fanfare_is_address(addresses[i])) return FANFARE_INVALID_ARGUMENT;
    }
    if (count == 0) return FANFARE_INVALID_ARGUMENT;
    if (!keep_addresses(origin, addresses, count)) return FANFARE_OUT_OF_MEMORY;
    CURLcode code = hand_over(loop, origin);
    if (code != CURLE_OK) return code == CURLE_OUT_OF_MEMORY ? FANFARE_OUT_OF_MEMORY : FANFARE_INVALID_ARGUMENT;
    origin->has_addresses = true;
    return FANFARE_OK;
}

void fanfare_origin_connected(fanfare_loop *loop, struct origin *origin, int family) {
    if (origin->family == family) return;
    origin->family = family;
    if (origin->address_count > 1) origin->must_reorder = loop->must_reorder = true;
}

void fanfare_origins_reorder(fanfare_loop *loop) {
    loop->must_reorder = false;
    for (struct origin *origin = loop->origins; origin; origin = origin->next) {
        if (!origin->must_reorder) continue;
        origin->must_reorder = false;
        hand_over(loop, origin); // short of memory the old order goes on
    }
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
    free_addresses(origin);
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

// HTTP/2 keeps to one shard: only there can requests share connections.
static bool take_multiplexing_berth(fanfare_loop *loop, struct origin *origin, uint32_t *shard) {
    if (loop->multiplexing_shard == UINT32_MAX) {
        if (!fanfare_shard_add(loop, true)) return false;
        loop->multiplexing_shard = loop->shard_count - 1;
    }
    if (!reserve_berths(loop, origin)) return false;
    *shard = loop->multiplexing_shard;
    origin->berths[*shard].handles++;
    return true;
}

bool fanfare_origin_take_berth(fanfare_loop *loop, struct origin *origin, bool multiplexes, uint32_t *shard) {
    if (multiplexes) return take_multiplexing_berth(loop, origin, shard);
    if (!reserve_berths(loop, origin)) return false;
    uint32_t found = origin->home;
    uint32_t tried = 0;
    while (tried < loop->shard_count
        && (loop->shards[found]->multiplexes || origin->berths[found].handles >= SHARD_CONNECTIONS)) {
        found = (found + 1) % loop->shard_count;
        tried++;
    }
    if (tried == loop->shard_count) {
        if (!fanfare_shard_add(loop, false) || !reserve_berths(loop, origin)) return false;
        found = loop->shard_count - 1;
    }
    origin->berths[found].handles++;
    *shard = found;
    return true;
}
