#define _DEFAULT_SOURCE // for the byte orders of endian.h
#include <endian.h>
#include <string.h>

#include "CPageChecks.h"

enum { LANES = 4 };

// The 64-bit prime of FNV: odd, so that multiplying by it loses nothing.
static const uint64_t prime = 1099511628211u;

static uint64_t word_at(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

// Each step is one to one in what it takes in, so that a change in a single word always shows. The lanes only let the
// processor multiply four at a time.
uint64_t fanfare_page_check(const uint8_t *bytes, size_t length) {
    uint64_t lanes[LANES] = {1, 2, 3, 4};
    size_t at = 0;
    for (; at + LANES * 8 <= length; at += LANES * 8) {
        for (int lane = 0; lane < LANES; lane++) lanes[lane] = (lanes[lane] ^ word_at(bytes + at + lane * 8)) * prime;
    }
    uint64_t sum = length;
    for (; at + 8 <= length; at += 8) sum = (sum ^ word_at(bytes + at)) * prime;
    for (int lane = 0; lane < LANES; lane++) {
        // A product's high bits are the well mixed ones.
        sum = (sum ^ lanes[lane]) * prime;
        sum ^= sum >> 32;
    }
    return sum;
}
