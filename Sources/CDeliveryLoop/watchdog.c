// What ends an answer over HTTP/2 that keeps libcurl reading without end.
//
// libcurl's HTTP/2 reads a connection until nothing is left, and hands out neither interim answers nor empty frames
// before that: a receiver that sends them as fast as they are read keeps one call of the loop's thread busy for ever,
// past every time-out and with all other lanes. Nothing in that thread can end it; breaking the connection can. The same
// goes for one that sends a little slower, so that each call ends but the thread has no rest.
#include "internal.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
    PERIOD_US = 100 * 1000,
    // A call takes some milliseconds at most; on a machine that is held up it may take long too, but reads little.
    LONGEST_CALL_US = 250 * 1000,
    LEAST_READ = 256 * 1024,
    // Read over several calls in which no request was sent or ended: as many answers as are under way at a time have
    // 6.4 MB.
    MOST_READ_IN_VAIN = 8 * 1024 * 1024,
    // More in one call are broken as well, but not told of.
    CUTS = 8,
};

struct watched {
    curl_socket_t fd;
    bool has_progressed;      // since the last look: a request was sent or ended
    uint64_t read_progressed; // bytes read when one was last seen to
    uint64_t read_before;     // when the call was first seen
    uint64_t read;            // when it was last
};

// All but the thread itself is the lock's. A descriptor is watched only between its callback that says that it stands
// and the one that closes it: what is broken is never another's.
struct watchdog {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    bool must_end, rests;
    struct watched *sockets;
    size_t count, capacity;
    uint64_t calls;        // so far; odd: one is under way
    int64_t call_began_us; // the one under way
    curl_socket_t cuts[CUTS]; // of which no request has been told
    size_t cut_count;
};

// Bytes that have been read of a connection.
static uint64_t bytes_read(curl_socket_t fd) {
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    int unread = 0;
    // In this order: what comes in between has been received and is not read.
    bool is_known = ioctl(fd, SIOCINQ, &unread) == 0 && getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0;
    uint64_t waiting = (uint64_t)unread;
    return is_known && info.tcpi_bytes_received > waiting ? info.tcpi_bytes_received - waiting : 0;
}

// Not as `shutdown` would: what still comes would be read first, and that never ends. This drops what has come, too.
static void cut(struct watchdog *dog, curl_socket_t fd) {
    struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    if (connect(fd, &nowhere, sizeof nowhere) != 0) shutdown(fd, SHUT_RDWR);
    if (dog->cut_count < CUTS) dog->cuts[dog->cut_count++] = fd;
}

// Breaks the connection that is being read from in a call that has taken too long (the others stand still meanwhile),
// and those over which much has come in vain.
static void look(struct watchdog *dog, bool is_first_look) {
    bool is_long = dog->calls % 2 == 1 && fanfare_now_us() - dog->call_began_us > LONGEST_CALL_US;
    for (size_t i = 0; i < dog->count; i++) {
        struct watched *socket = &dog->sockets[i];
        uint64_t read = bytes_read(socket->fd), last = socket->read;
        socket->read = read;
        if (is_first_look) socket->read_before = read;
        if (socket->has_progressed) socket->read_progressed = read;
        socket->has_progressed = false;
        bool holds_up = is_long && read > last && read > socket->read_before + LEAST_READ;
        if (holds_up || read > socket->read_progressed + MOST_READ_IN_VAIN) cut(dog, socket->fd);
    }
}

static void wait_a_period(struct watchdog *dog) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t nanoseconds = until.tv_nsec + (int64_t)PERIOD_US * 1000;
    until.tv_sec += nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    pthread_cond_timedwait(&dog->wake, &dog->lock, &until);
}

static void *watch(void *user) {
    struct watchdog *dog = user;
    fanfare_thread_set_name("fanfare-watch");
    uint64_t seen = 0;
    pthread_mutex_lock(&dog->lock);
    while (!dog->must_end) {
        bool is_idle = dog->calls == seen && dog->calls % 2 == 0;
        if (!is_idle) look(dog, dog->calls != seen);
        seen = dog->calls;
        dog->rests = is_idle; // until the next call: an idle loop costs nothing
        if (is_idle) pthread_cond_wait(&dog->wake, &dog->lock);
        else wait_a_period(dog);
    }
    pthread_mutex_unlock(&dog->lock);
    return NULL;
}

// Signals are for the program's own threads.
static int start_thread(struct watchdog *dog) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&dog->thread, NULL, watch, dog);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static void release(struct watchdog *dog) {
    pthread_cond_destroy(&dog->wake);
    pthread_mutex_destroy(&dog->lock);
    free(dog->sockets);
    free(dog);
}

// The lock, and what the thread waits with: by a clock that nobody sets.
static bool make_locks(struct watchdog *dog) {
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0) return false;
    bool made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0
        && pthread_mutex_init(&dog->lock, NULL) == 0;
    if (made && pthread_cond_init(&dog->wake, &attributes) != 0) {
        pthread_mutex_destroy(&dog->lock);
        made = false;
    }
    pthread_condattr_destroy(&attributes);
    return made;
}

bool fanfare_watchdog_start(fanfare_loop *loop) {
    if (loop->watchdog) return true;
    struct watchdog *dog = calloc(1, sizeof *dog);
    if (!dog || !make_locks(dog)) {
        free(dog);
        return false;
    }
    if (start_thread(dog) != 0) {
        release(dog);
        return false;
    }
    loop->watchdog = dog;
    return true;
}

void fanfare_watchdog_stop(fanfare_loop *loop) {
    struct watchdog *dog = loop->watchdog;
    if (!dog) return;
    pthread_mutex_lock(&dog->lock);
    dog->must_end = true;
    pthread_cond_signal(&dog->wake);
    pthread_mutex_unlock(&dog->lock);
    pthread_join(dog->thread, NULL);
    release(dog);
    loop->watchdog = NULL;
}

static bool reserve(struct watchdog *dog) {
    if (dog->count < dog->capacity) return true;
    size_t capacity = dog->capacity ? dog->capacity * 2 : 16;
    struct watched *sockets = realloc(dog->sockets, capacity * sizeof *sockets);
    if (!sockets) return false;
    dog->sockets = sockets;
    dog->capacity = capacity;
    return true;
}

bool fanfare_watchdog_add(fanfare_loop *loop, curl_socket_t fd) {
    struct watchdog *dog = loop->watchdog;
    if (!dog) return false;
    pthread_mutex_lock(&dog->lock);
    bool added = reserve(dog);
    uint64_t read = added ? bytes_read(fd) : 0;
    if (added) dog->sockets[dog->count++] = (struct watched){
        .fd = fd, .read_progressed = read, .read_before = read, .read = read,
    };
    pthread_mutex_unlock(&dog->lock);
    return added;
}

void fanfare_watchdog_progress(fanfare_loop *loop, curl_socket_t fd) {
    struct watchdog *dog = loop->watchdog;
    pthread_mutex_lock(&dog->lock);
    for (size_t i = 0; i < dog->count; i++) if (dog->sockets[i].fd == fd) dog->sockets[i].has_progressed = true;
    pthread_mutex_unlock(&dog->lock);
}

void fanfare_watchdog_remove(fanfare_loop *loop, curl_socket_t fd) {
    struct watchdog *dog = loop->watchdog;
    pthread_mutex_lock(&dog->lock);
    for (size_t i = 0; i < dog->count; i++) {
        if (dog->sockets[i].fd != fd) continue;
        dog->sockets[i] = dog->sockets[--dog->count];
        break;
    }
    pthread_mutex_unlock(&dog->lock);
}

void fanfare_watchdog_call_begins(fanfare_loop *loop) {
    struct watchdog *dog = loop->watchdog;
    if (!dog) return;
    pthread_mutex_lock(&dog->lock);
    dog->calls++;
    dog->call_began_us = fanfare_now_us();
    if (dog->rests) pthread_cond_signal(&dog->wake);
    dog->rests = false;
    pthread_mutex_unlock(&dog->lock);
}

void fanfare_watchdog_call_ends(fanfare_loop *loop) {
    struct watchdog *dog = loop->watchdog;
    if (!dog) return;
    pthread_mutex_lock(&dog->lock);
    for (size_t i = 0; i < dog->cut_count; i++) fanfare_connection_was_cut(loop, dog->cuts[i]);
    dog->cut_count = 0;
    dog->calls++;
    pthread_mutex_unlock(&dog->lock);
}
