// libcurl's memory. Each transfer takes and gives back some thirty pieces, among them buffers of several kilobytes for
// which the C library looks through its lists every time. On the threads of loops they are kept and given out again.
//
// A piece is told by its usable size, so that one may be freed on any thread: there it goes to that thread's lists, or
// back to the C library.
#include "internal.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

// Under a sanitizer nothing is kept: it would not see what is used after it was freed.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEEPS_NOTHING
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KEEPS_NOTHING
#endif
#endif

#ifdef KEEPS_NOTHING
CURLcode fanfare_memory_init(void) { return curl_global_init(CURL_GLOBAL_ALL); }
void fanfare_memory_keep(void) {}
void *fanfare_memory_take(size_t size) { return malloc(size); }
void fanfare_memory_give_back(void *memory) { free(memory); }
#else

enum {
    STEP = 16,             // sizes are rounded up to so many bytes
    LARGEST = 17 * 1024,   // above libcurl's buffer for uploads
    CLASSES = LARGEST / STEP,
    KEPT_BYTES = 32 << 20, // by a thread, at most
};

struct piece {
    struct piece *next;
};

// By size: pieces of class n have room for n steps, and the bytes up to the next class.
struct pool {
    struct piece *free[CLASSES];
    size_t kept;
};

static _Thread_local struct pool *pool;
static pthread_key_t pool_key;

static void release(void *user) {
    struct pool *ended = user;
    pool = NULL;
    for (size_t i = 0; i < CLASSES; i++) {
        for (struct piece *next; ended->free[i]; ended->free[i] = next) {
            next = ended->free[i]->next;
            free(ended->free[i]);
        }
    }
    free(ended);
}

void *fanfare_memory_take(size_t size) {
    if (!pool || size > LARGEST - STEP) return malloc(size);
    size_t class = size == 0 ? 1 : (size + STEP - 1) / STEP;
    struct piece *piece = pool->free[class];
    if (!piece) return malloc(class * STEP);
    pool->free[class] = piece->next;
    pool->kept -= class * STEP;
    return piece;
}

void fanfare_memory_give_back(void *memory) {
    if (!memory) return;
    size_t class = pool ? malloc_usable_size(memory) / STEP : 0;
    if (class == 0 || class >= CLASSES || pool->kept > KEPT_BYTES) {
        free(memory);
        return;
    }
    struct piece *piece = memory;
    if (piece == pool->free[class]) abort(); // freed twice: the C library would end here too
    piece->next = pool->free[class];
    pool->free[class] = piece;
    pool->kept += class * STEP;
}

static void *take_zeroed(size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    void *memory = fanfare_memory_take(bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

static void *take_anew(void *memory, size_t size) {
    if (!memory) return fanfare_memory_take(size);
    size_t room = malloc_usable_size(memory);
    if (size <= room && size > 0) return memory;
    void *larger = fanfare_memory_take(size);
    if (!larger) return NULL;
    memcpy(larger, memory, room < size ? room : size);
    fanfare_memory_give_back(memory);
    return larger;
}

static char *copy(const char *text) {
    size_t length = strlen(text) + 1;
    char *copied = fanfare_memory_take(length);
    return copied ? memcpy(copied, text, length) : NULL;
}

CURLcode fanfare_memory_init(void) {
    if (pthread_key_create(&pool_key, release) != 0) return CURLE_OUT_OF_MEMORY;
    return curl_global_init_mem(
        CURL_GLOBAL_ALL, fanfare_memory_take, fanfare_memory_give_back, take_anew, copy, take_zeroed);
}

void fanfare_memory_keep(void) {
    if (pool) return;
    struct pool *made = calloc(1, sizeof *made);
    if (!made) return; // it is faster with it, and right without
    if (pthread_setspecific(pool_key, made) == 0) pool = made;
    else free(made);
}
#endif
