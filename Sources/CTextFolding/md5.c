#include "md5.h"

#include <stdint.h>
#include <string.h>

/// The constants of RFC 1321 §3.4: floor(2^32 * |sin(i + 1)|).
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static const unsigned char turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t mix(int step, uint32_t b, uint32_t c, uint32_t d) {
    switch (step / 16) {
    case 0: return (b & c) | (~b & d);
    case 1: return (d & b) | (~d & c);
    case 2: return b ^ c ^ d;
    default: return c ^ (b | ~d);
    }
}

static int word_of(int step) {
    switch (step / 16) {
    case 0: return step;
    case 1: return (5 * step + 1) % 16;
    case 2: return (3 * step + 5) % 16;
    default: return 7 * step % 16;
    }
}

static void take_block(uint32_t state[4], const unsigned char *block) {
    uint32_t words[16];
    for (int index = 0; index < 16; index++) {
        const unsigned char *at = block + 4 * index;
        words[index] = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (int step = 0; step < 64; step++) {
        uint32_t sum = a + mix(step, b, c, d) + sines[step] + words[word_of(step)];
        unsigned turn = turns[step / 16][step % 4];
        a = d;
        d = c;
        c = b;
        b += sum << turn | sum >> (32 - turn);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void fanfare_md5_hex(const char *input, size_t length, char *output) {
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    size_t position = 0;
    for (; length - position >= 64; position += 64) take_block(state, (const unsigned char *)input + position);
    // The rest, a one bit, zeros, and the length in bits: one block or two.
    unsigned char tail[128] = {0};
    size_t rest = length - position;
    if (rest > 0) memcpy(tail, input + position, rest);
    tail[rest] = 0x80;
    size_t padded = rest < 56 ? 64 : 128;
    uint64_t bits = (uint64_t)length * 8;
    for (size_t index = 0; index < 8; index++) tail[padded - 8 + index] = (unsigned char)(bits >> (8 * index));
    for (size_t block = 0; block < padded; block += 64) take_block(state, tail + block);
    for (size_t index = 0; index < 16; index++) {
        unsigned char byte = (unsigned char)(state[index / 4] >> (8 * (index % 4)));
        output[2 * index] = "0123456789abcdef"[byte >> 4];
        output[2 * index + 1] = "0123456789abcdef"[byte & 15];
    }
}
