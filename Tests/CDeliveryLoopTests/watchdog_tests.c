// What ends a call that reads from one connection without end. A thread that writes stands for the receiver, and a
// plain read for libcurl.
#include "tests.h"

#include "internal.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

struct pair {
    int ours, theirs;
};

static struct pair pair_open(void) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct sockaddr *any = (struct sockaddr *)(void *)&address;
    CHECK_INT(bind(listener, any, length), 0);
    CHECK_INT(listen(listener, 1), 0);
    CHECK_INT(getsockname(listener, any, &length), 0);
    struct pair pair = {.ours = socket(AF_INET, SOCK_STREAM, 0)};
    CHECK_INT(connect(pair.ours, any, length), 0);
    pair.theirs = accept(listener, NULL, NULL);
    CHECK(pair.theirs >= 0);
    close(listener);
    return pair;
}

static void pair_close(struct pair *pair) {
    close(pair->ours);
    close(pair->theirs);
}

static void *flood(void *user) {
    static const char bytes[16384];
    int fd = *(int *)user;
    while (send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) > 0) continue;
    return NULL;
}

// Reads for as long as there is something to be read, at most so many seconds. True: the connection was broken.
static bool read_all(int fd, double seconds) {
    char bytes[4096];
    for (double end = seconds_now() + seconds; seconds_now() < end;) {
        if (recv(fd, bytes, sizeof bytes, 0) <= 0) return true;
    }
    return false;
}

static void what_is_read_without_end_is_broken_and_nothing_else(void) {
    struct bench bench = bench_open();
    struct pair storm = pair_open(), calm = pair_open();
    pthread_t writer;
    CHECK_INT(pthread_create(&writer, NULL, flood, &storm.theirs), 0);
    CHECK(fanfare_watchdog_start(bench.loop) && fanfare_watchdog_start(bench.loop));
    CHECK(fanfare_watchdog_add(bench.loop, calm.ours) && fanfare_watchdog_add(bench.loop, storm.ours));
    CHECK_INT(send(calm.theirs, "x", 1, 0), 1);
    fanfare_watchdog_call_begins(bench.loop);
    CHECK(read_all(storm.ours, 5));
    fanfare_watchdog_call_ends(bench.loop);
    pthread_join(writer, NULL);
    char byte;
    CHECK_INT(recv(calm.ours, &byte, 1, MSG_DONTWAIT), 1);
    fanfare_watchdog_remove(bench.loop, storm.ours);
    fanfare_watchdog_remove(bench.loop, calm.ours);
    bench_close(&bench);
    pair_close(&storm);
    pair_close(&calm);
}

static void what_is_closed_is_not_broken(void) {
    struct bench bench = bench_open();
    struct pair storm = pair_open();
    pthread_t writer;
    CHECK_INT(pthread_create(&writer, NULL, flood, &storm.theirs), 0);
    CHECK(fanfare_watchdog_start(bench.loop) && fanfare_watchdog_add(bench.loop, storm.ours));
    // Its number may be another's by now.
    fanfare_watchdog_remove(bench.loop, storm.ours);
    fanfare_watchdog_call_begins(bench.loop);
    CHECK(!read_all(storm.ours, 0.6));
    fanfare_watchdog_call_ends(bench.loop);
    close(storm.ours);
    pthread_join(writer, NULL);
    close(storm.theirs);
    bench_close(&bench);
}

// Reads what comes in short calls, for so many seconds, as if requests ended meanwhile or none did. True: the connection
// was broken. The first end comes soon: over loopback a flood is read at gigabytes a second, and the dog may look at once.
static bool read_in_calls(struct bench *bench, int fd, bool progresses, double seconds) {
    for (double end = seconds_now() + seconds; seconds_now() < end;) {
        fanfare_watchdog_call_begins(bench->loop);
        bool is_broken = read_all(fd, progresses ? 0.002 : 0.02);
        fanfare_watchdog_call_ends(bench->loop);
        if (is_broken) return true;
        if (progresses) fanfare_watchdog_progress(bench->loop, fd);
    }
    return false;
}

static void much_in_vain_is_broken_off(void) {
    struct bench bench = bench_open();
    struct pair storm = pair_open();
    pthread_t writer;
    CHECK_INT(pthread_create(&writer, NULL, flood, &storm.theirs), 0);
    CHECK(fanfare_watchdog_start(bench.loop) && fanfare_watchdog_add(bench.loop, storm.ours));
    CHECK(!read_in_calls(&bench, storm.ours, true, 1));
    CHECK(read_in_calls(&bench, storm.ours, false, 5));
    pthread_join(writer, NULL);
    fanfare_watchdog_remove(bench.loop, storm.ours);
    bench_close(&bench);
    pair_close(&storm);
}

void watchdog_tests(void) {
    RUN(what_is_read_without_end_is_broken_and_nothing_else);
    RUN(what_is_closed_is_not_broken);
    RUN(much_in_vain_is_broken_off);
}
