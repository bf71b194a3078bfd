// Waking a loop from other threads, and what the library is made of.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct fanfare_waker {
    int fd; // a duplicate of the loop's: writing to it harms nobody once the loop has gone
};

fanfare_result fanfare_waker_create(const fanfare_loop *loop, fanfare_waker **waker) {
    fanfare_waker *made = malloc(sizeof *made);
    if (!made) return FANFARE_OUT_OF_MEMORY;
    made->fd = fcntl(loop->wake_fd, F_DUPFD_CLOEXEC, 0);
    if (made->fd < 0) {
        int saved = errno;
        free(made);
        errno = saved;
        return FANFARE_SYSTEM_ERROR;
    }
    *waker = made;
    return FANFARE_OK;
}

void fanfare_waker_wake(const fanfare_waker *waker) {
    uint64_t one = 1;
    // EAGAIN, the only failure possible, means that the counter is full: the loop is going to wake.
    ssize_t written = write(waker->fd, &one, sizeof one);
    (void)written;
}

void fanfare_waker_destroy(fanfare_waker *waker) {
    if (!waker) return;
    close(waker->fd);
    free(waker);
}

void fanfare_thread_set_name(const char *name) {
    char short_name[16];
    snprintf(short_name, sizeof short_name, "%s", name);
    pthread_setname_np(pthread_self(), short_name);
}

const char *fanfare_curl_version(void) { return curl_version_info(CURLVERSION_NOW)->version; }

const char *fanfare_tls_version(void) {
    const char *version = curl_version_info(CURLVERSION_NOW)->ssl_version;
    return version ? version : "none";
}
