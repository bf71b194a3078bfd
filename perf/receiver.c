// A small HTTP/1.1 receiver for measuring: one thread, one epoll instance, thousands of keep-alive connections.
//
// It counts requests and distinct webhook-ids, can check signatures, hold its answers back, answer a share of the
// requests with other statuses, close unanswered, and shut its ports for a while.
// Build: cc -O2 -o receiver perf/receiver.c, with -DVERIFIES -lcrypto behind it for --verify.
//
//   receiver [--port N] [--ports COUNT] [--hold MS] [--answer SHARE:STATUS[:RETRY_AFTER]]… [--unanswered SHARE]
//            [--verify SECRET] [--seed N] [--log FILE]
//
// It prints its ports in a line; with --port the first has that number. GET /stats shows the counts as JSON, GET /reset
// sets them to zero, GET /set?KEY=VALUE&… changes hold, unanswered, status (every answer's, 0: back to normal),
// retry_after and refuse (milliseconds during which the ports are closed and no connection is open). SIGUSR1 writes the
// log out; SIGTERM and SIGINT write it and end the program.
//
// The log has a line for each request when it has come, "R SEQ TIME_US WEBHOOK_ID X_CONTACT", and for each answer when
// the kernel has taken it, "A SEQ TIME_US STATUS". A request without an A line was not answered.
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "answer_rules.h"
#include "counts.h"
#include "hold_ring.h"
#include "id_set.h"
#include "ports.h"
#include "request_head.h"
#include "request_log.h"
#include "signatures.h"

enum { MAX_FD = 1 << 17, HEAD_MAX = 32 << 10, EVENTS = 512 };

struct connection {
    char *head;           // what has come of the current head, and what has come after it
    uint32_t used, room;  // of head
    uint64_t body_left;   // bytes of the current body still to come
    uint64_t sequence;    // of the request that waits for its answer
    uint32_t generation;  // told apart from earlier connections of this descriptor
    struct signature_check *check;  // of the current body; NULL: none is made, or it has no signature
    bool open, in_body, waiting, closes, listens;  // listens: it is a port's
};

static struct connection connections[MAX_FD];
static struct hold_ring ring;
static struct id_set ids;
static struct answer_rules rules = {.forced.retry_after = -1, .random_state = 1};
static uint64_t hold_us, refuse_ms, refuse_until_us, sequence_next = 1;
static struct counts counts;
static struct ports ports = {.count = 1};
static int epoll_fd, signal_fd;
static FILE *log_file;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void close_connection(int fd) {
    struct connection *c = &connections[fd];
    if (!c->open) return;
    c->open = false;
    c->generation++;
    free(c->head);
    signature_drop(c->check);
    c->head = NULL;
    c->check = NULL;
    c->used = c->room = 0;
    counts.open_now--;
    close(fd);
}

static void accept_all(int listen_fd) {
    for (;;) {
        int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            if (errno != EAGAIN && errno != ECONNABORTED) perror("accept");
            return;
        }
        if (fd >= MAX_FD) {
            close(fd);
            continue;
        }
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct connection *c = &connections[fd];
        *c = (struct connection){.open = true, .generation = c->generation + 1};
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
        if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
        counts.accepted++;
        if (++counts.open_now > counts.open_peak) counts.open_peak = counts.open_now;
    }
}

static void start_listening(void) {
    if (!ports_open(&ports, epoll_fd)) fail("listen");
    for (int i = 0; i < ports.count; i++) connections[ports.fds[i]].listens = true;
}

static void refuse(void) {
    refuse_until_us = now_us() + refuse_ms * 1000;
    refuse_ms = 0;
    for (int i = 0; ports.open && i < ports.count; i++) connections[ports.fds[i]].listens = false;
    ports_shut(&ports);
    for (int fd = 0; fd < MAX_FD; fd++) close_connection(fd);
}

// Sends all of a short answer; a peer that reads so little that it does not fit is dropped.
static bool send_all(int fd, const char *bytes, size_t length) {
    ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL);
    if (sent == (ssize_t)length) return true;
    close_connection(fd);
    return false;
}

static void answer(int fd) {
    struct connection *c = &connections[fd];
    c->waiting = false;
    if (answer_rules_close(&rules)) {
        counts.closed_unanswered++;
        close_connection(fd);
        return;
    }
    struct answer_rule chosen = answer_rules_choose(&rules);
    char bytes[160], extra[32] = "";
    if (chosen.retry_after >= 0) snprintf(extra, sizeof extra, "Retry-After: %d\r\n", chosen.retry_after);
    int length = snprintf(bytes, sizeof bytes, "HTTP/1.1 %d X\r\n%s%sContent-Length: 3\r\n\r\nok\n", chosen.status,
                          extra, c->closes ? "Connection: close\r\n" : "");
    uint64_t sequence = c->sequence;
    bool closes = c->closes;
    if (!send_all(fd, bytes, (size_t)length)) return;
    counts.answers_by_class[chosen.status / 100 % 6]++;
    log_answer(log_file, sequence, chosen.status);
    if (closes) close_connection(fd);
}

static void hold_answer(int fd) {
    struct held held = {.due_us = now_us() + hold_us, .fd = fd, .generation = connections[fd].generation};
    if (!hold_ring_add(&ring, held)) fail("malloc");
    if (ring.count > counts.held_peak) counts.held_peak = ring.count;
}

static void send_stats(int fd) {
    char body[768], bytes[900];
    int length = counts_as_json(&counts, ids.count, ring.count, body, sizeof body);
    length = snprintf(bytes, sizeof bytes,
                      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                      length, body);
    send_all(fd, bytes, (size_t)length);
}

static void reset_counts(void) {
    counts = (struct counts){.open_now = counts.open_now, .open_peak = counts.open_now, .held_peak = ring.count};
    if (!id_set_clear(&ids, 1 << 16)) fail("calloc");
}

// Takes "hold=5&status=503" up to the blank after it. Returns false at a key it does not know.
static bool change_settings(const char *query) {
    while (*query != ' ') {
        char key[32] = "";
        double value = 0;
        int taken = 0;
        if (sscanf(query, "%31[a-z_]=%lf%n", key, &value, &taken) != 2) return false;
        query += taken + (query[taken] == '&');
        if (strcmp(key, "hold") == 0) hold_us = (uint64_t)(value * 1000);
        else if (strcmp(key, "unanswered") == 0) rules.unanswered = value;
        else if (strcmp(key, "status") == 0) rules.forced.status = (int)value;
        else if (strcmp(key, "retry_after") == 0) rules.forced.retry_after = (int)value;
        else if (strcmp(key, "refuse") == 0) refuse_ms = (uint64_t)value;
        else return false;
    }
    return true;
}

// A request to the receiver itself, not counted. Returns false if it is none of these.
static bool control(int fd, const char *head) {
    static const char done[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    static const char unknown[] = "HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n";
    if (strncmp(head, "GET /", 5) != 0) return false;
    if (strncmp(head + 5, "stats ", 6) == 0) {
        if (log_file) fflush(log_file);
        send_stats(fd);
    } else if (strncmp(head + 5, "reset ", 6) == 0) {
        reset_counts();
        send_all(fd, done, sizeof done - 1);
    } else if (strncmp(head + 5, "set?", 4) == 0) {
        bool known = change_settings(head + 9);
        send_all(fd, known ? done : unknown, known ? sizeof done - 1 : sizeof unknown - 1);
        if (refuse_ms > 0) refuse();
    } else {
        return false;
    }
    return true;
}

static void count_request(struct connection *c, const struct fields *fields) {
    counts.requests++;
    c->sequence = sequence_next++;
    if (fields->id == NULL) counts.without_id++;
    else if (!id_set_insert(&ids, fields->id, fields->id_length)) counts.repeats++;
    log_request(log_file, c->sequence, fields);
}

static void finish_request(int fd) {
    struct connection *c = &connections[fd];
    c->in_body = false;
    c->waiting = true;
    if (signatures_are_checked()) {
        if (signature_end(c->check)) counts.signatures_good++;
        else counts.signatures_bad++;
        c->check = NULL;
    }
    if (hold_us > 0) hold_answer(fd);
    else answer(fd);
}

// Takes the head at the start of the buffer, if it is whole. Returns false when more bytes are needed or it is closed.
static bool take_head(int fd) {
    struct connection *c = &connections[fd];
    char *end = memmem(c->head, c->used, "\r\n\r\n", 4);
    if (end == NULL) {
        if (c->used >= HEAD_MAX) close_connection(fd);
        return false;
    }
    size_t head_length = (size_t)(end - c->head) + 4;
    const char *lines = memmem(c->head, head_length, "\r\n", 2);
    struct fields fields = read_fields(lines + 2, end);
    if (!fields.supported) {
        close_connection(fd);
        return false;
    }
    *end = '\0';  // control() reads it as a string
    bool is_control = control(fd, c->head);
    if (!c->open) return false;
    if (!is_control) {
        c->closes = fields.closes;
        count_request(c, &fields);
        if (signatures_are_checked()) c->check = signature_begin(&fields);
        if (fields.expects_continue && !send_all(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25)) return false;
    }
    c->used -= (uint32_t)head_length;
    memmove(c->head, c->head + head_length, c->used);
    c->body_left = fields.body_length;
    c->in_body = !is_control;
    return true;
}

// Goes through what has come as far as it can.
static void advance(int fd) {
    struct connection *c = &connections[fd];
    while (c->open && !c->waiting) {
        if (!c->in_body && !take_head(fd)) return;
        uint64_t part = c->body_left < c->used ? c->body_left : c->used;
        signature_add(c->check, c->head, part);
        c->body_left -= part;
        c->used -= (uint32_t)part;
        memmove(c->head, c->head + part, c->used);
        if (c->body_left > 0) return;
        if (c->in_body) finish_request(fd);
    }
}

static void read_from(int fd) {
    struct connection *c = &connections[fd];
    while (c->open) {
        if (c->room - c->used < 1024) {
            c->room = c->room ? c->room * 2 : 2048;
            c->head = realloc(c->head, c->room);
            if (c->head == NULL) fail("realloc");
        }
        size_t room = c->room - c->used;
        ssize_t got = recv(fd, c->head + c->used, room, 0);
        if (got <= 0) {
            if (got == 0 || errno != EAGAIN) close_connection(fd);
            return;
        }
        c->used += (uint32_t)got;
        advance(fd);
        if ((size_t)got < room) return;
        if (c->waiting && c->used >= HEAD_MAX) close_connection(fd);  // somebody who never waits for an answer
    }
}

// Sends the held answers that are due. Returns milliseconds until the next is, or -1.
static int release_due(void) {
    uint64_t now = now_us();
    while (ring.count > 0) {
        uint64_t due_us = ring.places[ring.head].due_us;
        if (due_us > now) return (int)((due_us - now + 999) / 1000);
        struct held first = hold_ring_take(&ring);
        struct connection *c = &connections[first.fd];
        if (!c->open || c->generation != first.generation || !c->waiting) continue;
        answer(first.fd);
        advance(first.fd);
    }
    return -1;
}

static int reopen_when_due(int timeout) {
    if (ports.open) return timeout;
    uint64_t now = now_us();
    if (now >= refuse_until_us) {
        start_listening();
        return timeout;
    }
    int left = (int)((refuse_until_us - now + 999) / 1000);
    return timeout < 0 || left < timeout ? left : timeout;
}

static void take_signal(void) {
    struct signalfd_siginfo info;
    if (read(signal_fd, &info, sizeof info) != sizeof info) return;
    if (log_file && fflush(log_file) != 0) fail("log");
    if (info.ssi_signo != SIGUSR1) exit(log_file && fclose(log_file) != 0 ? 1 : 0);
}

static void run(void) {
    struct epoll_event events[EVENTS];
    for (;;) {
        int timeout = reopen_when_due(release_due());
        int count = epoll_wait(epoll_fd, events, EVENTS, timeout);
        if (count < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (connections[fd].listens) accept_all(fd);
            else if (fd == signal_fd) take_signal();
            else if (connections[fd].open) read_from(fd);
        }
    }
}

static void must_take(bool taken, const char *accepted) {
    if (taken) return;
    fprintf(stderr, "%s\n", accepted);
    exit(2);
}

static void read_options(int argc, char **argv) {
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},       {"hold", required_argument, NULL, 'h'},
        {"answer", required_argument, NULL, 'a'},     {"unanswered", required_argument, NULL, 'u'},
        {"seed", required_argument, NULL, 's'},       {"log", required_argument, NULL, 'l'},
        {"ports", required_argument, NULL, 'n'},      {"verify", required_argument, NULL, 'v'},
        {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'p': ports.numbers[0] = (uint16_t)atoi(optarg); break;
        case 'n':
            ports.count = atoi(optarg);
            must_take(ports.count >= 1 && ports.count <= PORTS_MAX, "--ports takes 1 to 4096");
            break;
        case 'v':
            must_take(signatures_set_key(optarg), "--verify takes whsec_ and the base64 of at most 64 bytes");
            break;
        case 'h': hold_us = (uint64_t)(atof(optarg) * 1000); break;
        case 'a':
            must_take(answer_rules_add(&rules, optarg), "--answer takes SHARE:STATUS[:RETRY_AFTER], at most 8 times");
            break;
        case 'u': rules.unanswered = atof(optarg); break;
        case 's': rules.random_state = strtoull(optarg, NULL, 10); break;
        case 'l':
            log_file = log_open(optarg);
            if (log_file == NULL) fail(optarg);
            break;
        default: exit(2);
        }
    }
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = signal_fd};
    if (signal_fd < 0 || epoll_fd < 0 || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, signal_fd, &event) != 0) fail("setup");
    if (!id_set_clear(&ids, 1 << 16)) fail("calloc");
    start_listening();
    for (int i = 0; i < ports.count; i++) printf("%u%c", ports.numbers[i], i + 1 < ports.count ? ' ' : '\n');
    fflush(stdout);
    run();
}
