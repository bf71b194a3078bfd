// A set of ids that only grows: open addressing over 128-bit hashes, so that a million ids take 32 MB; none is kept.
#ifndef ID_SET_H
#define ID_SET_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct id_hash {
    uint64_t high, low;  // high is odd; 0 is an empty place
};

struct id_set {
    struct id_hash *places;
    size_t room, count;  // room is a power of two
};

static struct id_hash hash_id(const char *id, size_t length) {
    uint64_t a = 0xcbf29ce484222325, b = 0x9ae16a3b2f90404f;
    for (size_t i = 0; i < length; i++) {
        a = (a ^ (uint8_t)id[i]) * 0x100000001b3;
        b = (b + (uint8_t)id[i] + 1) * 0xff51afd7ed558ccd;
        b ^= b >> 29;
    }
    return (struct id_hash){.high = a | 1, .low = b};
}

// Empties the set. Returns false when there is no memory for it.
static bool id_set_clear(struct id_set *set, size_t room) {
    free(set->places);
    *set = (struct id_set){.places = calloc(room, sizeof *set->places), .room = room};
    return set->places != NULL;
}

static bool insert_hash(struct id_set *set, struct id_hash hash) {
    size_t at = (size_t)(hash.high ^ hash.low) & (set->room - 1);
    while (set->places[at].high != 0) {
        if (set->places[at].high == hash.high && set->places[at].low == hash.low) return false;
        at = (at + 1) & (set->room - 1);
    }
    set->places[at] = hash;
    set->count++;
    return true;
}

static bool id_set_grow(struct id_set *set) {
    struct id_set larger = {0};
    if (!id_set_clear(&larger, set->room * 2)) return false;
    for (size_t i = 0; i < set->room; i++)
        if (set->places[i].high != 0) insert_hash(&larger, set->places[i]);
    free(set->places);
    *set = larger;
    return true;
}

// Returns whether the id is new; without memory to grow the set ends the program.
static bool id_set_insert(struct id_set *set, const char *id, size_t length) {
    if (set->count * 2 >= set->room && !id_set_grow(set)) abort();
    return insert_hash(set, hash_id(id, length));
}
#endif
