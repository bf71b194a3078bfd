// Answers held back, oldest first: every answer is held equally long, so a ring is enough.
#ifndef HOLD_RING_H
#define HOLD_RING_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct held {
    uint64_t due_us;
    int fd;
    uint32_t generation;
};

struct hold_ring {
    struct held *places;
    size_t head, count, room;
};

// Returns false when there is no memory for it.
static bool hold_ring_add(struct hold_ring *ring, struct held held) {
    if (ring->count == ring->room) {
        size_t room = ring->room ? ring->room * 2 : 1024;
        struct held *grown = malloc(room * sizeof *grown);
        if (grown == NULL) return false;
        for (size_t i = 0; i < ring->count; i++) grown[i] = ring->places[(ring->head + i) % ring->room];
        free(ring->places);
        *ring = (struct hold_ring){.places = grown, .count = ring->count, .room = room};
    }
    ring->places[(ring->head + ring->count++) % ring->room] = held;
    return true;
}

static struct held hold_ring_take(struct hold_ring *ring) {
    struct held first = ring->places[ring->head];
    ring->head = (ring->head + 1) % ring->room;
    ring->count--;
    return first;
}
#endif
