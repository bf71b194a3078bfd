// libcurl's memory, through libcurl: what it gives back on a loop's thread it gets again there.
#include "tests.h"

#include "internal.h"

#include <pthread.h>

static char *text_of(size_t length) {
    static char bytes[40000];
    memset(bytes, 'a', sizeof bytes);
    return curl_easy_escape(NULL, bytes, (int)length);
}

static void *free_elsewhere(void *text) {
    curl_free(text);
    return NULL;
}

static void *free_on_a_loop_thread(void *text) {
    fanfare_memory_keep();
    curl_free(text);
    char *again = text_of(100);
    CHECK_INT(strlen(again), 100);
    curl_free(again);
    return NULL;
}

static void a_text_of_any_length_is_whole(void) {
    struct bench bench = bench_open();
    fanfare_memory_keep();
    char *kept[200];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 200; i++) {
            kept[i] = text_of(1 + i * 197);
            CHECK(kept[i] != NULL);
        }
        for (size_t i = 0; i < 200; i++) {
            CHECK_INT(strlen(kept[i]), 1 + i * 197);
            CHECK_INT(strspn(kept[i], "a"), 1 + i * 197);
            curl_free(kept[i]);
        }
    }
    bench_close(&bench);
}

static void other_threads_may_free(void) {
    struct bench bench = bench_open();
    fanfare_memory_keep();
    void *(*const frees[])(void *) = {free_elsewhere, free_on_a_loop_thread};
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        CHECK_INT(pthread_create(&thread, NULL, frees[i], text_of(100)), 0);
        CHECK_INT(pthread_join(thread, NULL), 0);
    }
    bench_close(&bench);
}

void memory_tests(void) {
    RUN(a_text_of_any_length_is_whole);
    RUN(other_threads_may_free);
}
