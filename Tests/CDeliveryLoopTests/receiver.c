#define _GNU_SOURCE
#include "receiver.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_DESCRIPTORS = 65536 };

struct connection {
    char *bytes;
    size_t length, capacity;
    char *pending; // of an answer the socket had no room for
    size_t pending_length, pending_sent;
    unsigned requests;
    bool open, held, endless, draining;
};

struct receiver {
    pthread_t thread;
    int listener, epoll, wake;
    uint16_t port;
    atomic_bool stop, released, drop;
    struct receiver_counts counts;
    struct connection *connections; // by descriptor
};

struct request {
    char path[512];
    const char *head;
    size_t head_length;
    const char *body;
    size_t body_length;
};

static void shut(struct receiver *receiver, int fd, bool reset) {
    struct connection *connection = &receiver->connections[fd];
    if (!connection->open) return;
    if (reset) {
        struct linger linger = {.l_onoff = 1, .l_linger = 0};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    free(connection->bytes);
    free(connection->pending);
    if (connection->held) receiver->counts.held--;
    *connection = (struct connection){0};
    receiver->counts.open--;
    close(fd);
}

static void watch(struct receiver *receiver, int fd, uint32_t events, int operation) {
    struct epoll_event event = {.events = events, .data.fd = fd};
    epoll_ctl(receiver->epoll, operation, fd, &event);
}

static void flush(struct receiver *receiver, int fd) {
    struct connection *connection = &receiver->connections[fd];
    while (connection->pending_sent < connection->pending_length) {
        ssize_t sent = send(fd, connection->pending + connection->pending_sent,
            connection->pending_length - connection->pending_sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            watch(receiver, fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            return;
        }
        if (sent <= 0) {
            shut(receiver, fd, false);
            return;
        }
        connection->pending_sent += (size_t)sent;
        if (connection->endless && connection->pending_sent == connection->pending_length) connection->pending_sent = 0;
    }
    free(connection->pending);
    connection->pending = NULL;
    connection->pending_length = connection->pending_sent = 0;
    watch(receiver, fd, EPOLLIN, EPOLL_CTL_MOD);
}

static void queue(struct receiver *receiver, int fd, const char *bytes, size_t length) {
    struct connection *connection = &receiver->connections[fd];
    connection->pending = realloc(connection->pending, connection->pending_length + length);
    memcpy(connection->pending + connection->pending_length, bytes, length);
    connection->pending_length += length;
}

static void respond(struct receiver *receiver, int fd, const char *text) {
    queue(receiver, fd, text, strlen(text));
    flush(receiver, fd);
}

static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void respond_big(struct receiver *receiver, int fd, size_t size) {
    char head[128];
    int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
    char *body = malloc(size + 1);
    memset(body, 'b', size);
    queue(receiver, fd, head, (size_t)length);
    queue(receiver, fd, body, size);
    free(body);
    flush(receiver, fd);
}

// As many chunks of one byte.
static void respond_crumbs(struct receiver *receiver, int fd, size_t count) {
    static const char head[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    char *chunks = malloc(count * 6);
    for (size_t i = 0; i < count; i++) memcpy(chunks + i * 6, "1\r\nx\r\n", 6);
    queue(receiver, fd, head, sizeof head - 1);
    queue(receiver, fd, chunks, count * 6);
    queue(receiver, fd, "0\r\n\r\n", 5);
    free(chunks);
    flush(receiver, fd);
}

static void respond_status(struct receiver *receiver, int fd, const char *path) {
    char header[256] = "";
    const char *query = strchr(path, '?');
    if (query) snprintf(header, sizeof header, "%s\r\n", query + 1);
    for (char *c = header; *c; c++) if (*c == '+') *c = ' ';
    char text[512];
    snprintf(text, sizeof text, "HTTP/1.1 %.3s Reason\r\n%sContent-Length: 4\r\n\r\nbody", path + 8, header);
    respond(receiver, fd, text);
}

static void respond_echo(struct receiver *receiver, int fd, const struct request *request) {
    char head[128];
    int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", request->head_length);
    queue(receiver, fd, head, (size_t)length);
    queue(receiver, fd, request->head, request->head_length);
    flush(receiver, fd);
}

static bool begins(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

static void respond_and_shut(struct receiver *receiver, int fd, const char *text, bool reset) {
    ssize_t sent = send(fd, text, strlen(text), MSG_NOSIGNAL);
    (void)sent;
    shut(receiver, fd, reset);
}

static void answer(struct receiver *receiver, int fd, const struct request *request) {
    struct connection *connection = &receiver->connections[fd];
    const char *path = request->path;
    if (begins(path, "/status/")) respond_status(receiver, fd, path);
    else if (begins(path, "/big/")) respond_big(receiver, fd, (size_t)atol(path + 5));
    else if (begins(path, "/crumbs/")) respond_crumbs(receiver, fd, (size_t)atol(path + 8));
    else if (begins(path, "/echo")) respond_echo(receiver, fd, request);
    else if (begins(path, "/hold") && !receiver->released) connection->held = true, receiver->counts.held++;
    else if (begins(path, "/never")) return;
    else if (begins(path, "/silent")) shut(receiver, fd, false);
    else if (begins(path, "/once") && connection->requests > 1) shut(receiver, fd, false);
    else if (begins(path, "/reset")) {
        respond_and_shut(receiver, fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true);
    } else if (begins(path, "/half")) {
        respond_and_shut(receiver, fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", false);
    } else if (begins(path, "/bye")) respond_and_shut(receiver, fd, ok, false);
    else if (begins(path, "/close")) {
        respond_and_shut(receiver, fd, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", false);
    } else if (begins(path, "/garbage")) respond_and_shut(receiver, fd, "no such thing as HTTP\r\n\r\n", false);
    else if (begins(path, "/interim")) {
        respond(receiver, fd, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\n"
                              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    } else if (begins(path, "/twice")) {
        respond(receiver, fd, ok);
        poll(NULL, 0, 3); // or libcurl reads both at once, and drops the second
        respond(receiver, fd, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
    } else if (begins(path, "/chunked")) {
        respond(receiver, fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                              "2\r\nok\r\n0\r\nRetry-After: 9\r\n\r\n");
    } else if (begins(path, "/headers")) {
        connection->endless = true;
        queue(receiver, fd, "HTTP/1.1 200 OK\r\n", 17);
        connection->pending_sent = 0;
        ssize_t sent = send(fd, connection->pending, connection->pending_length, MSG_NOSIGNAL);
        (void)sent;
        connection->pending_length = 0;
        respond(receiver, fd, "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
    } else respond(receiver, fd, ok);
}

static void check_body(struct receiver *receiver, const struct request *request) {
    const char *field = memmem(request->head, request->head_length, "X-Check: ", 9);
    if (!field) return;
    const char *value = field + 9;
    size_t length = strcspn(value, "\r");
    bool same = request->body_length >= length && memcmp(request->body, value, length) == 0;
    if (!same) receiver->counts.mismatches++;
}

// Takes one whole request off the connection's bytes. /early needs no body to be answered.
static bool take(struct receiver *receiver, int fd) {
    struct connection *connection = &receiver->connections[fd];
    char *end = connection->length ? memmem(connection->bytes, connection->length, "\r\n\r\n", 4) : NULL;
    if (!end) return false;
    struct request request = {.head = connection->bytes, .head_length = (size_t)(end + 4 - connection->bytes)};
    const char *field = memmem(request.head, request.head_length, "\r\nContent-Length: ", 18);
    request.body_length = field ? (size_t)atol(field + 18) : 0;
    request.body = end + 4;
    sscanf(request.head, "%*15s %511s", request.path);
    if (begins(request.path, "/early")) {
        respond(receiver, fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        connection->draining = true;
        connection->length = 0;
        return false;
    }
    size_t whole = request.head_length + request.body_length;
    if (connection->length < whole) return false;
    connection->requests++;
    receiver->counts.body_bytes += request.body_length;
    check_body(receiver, &request);
    receiver->counts.requests++;
    char *rest = malloc(connection->length - whole + 1);
    size_t rest_length = connection->length - whole;
    memcpy(rest, connection->bytes + whole, rest_length);
    rest[rest_length] = 0;
    char *consumed = connection->bytes;
    connection->bytes = rest;
    connection->length = rest_length;
    connection->capacity = rest_length + 1;
    answer(receiver, fd, &request);
    free(consumed);
    return connection->open;
}

static void read_from(struct receiver *receiver, int fd) {
    struct connection *connection = &receiver->connections[fd];
    char chunk[65536];
    ssize_t count = recv(fd, chunk, sizeof chunk, 0);
    if (count <= 0) {
        if (count == 0 || errno != EAGAIN) shut(receiver, fd, false);
        return;
    }
    if (connection->draining) return;
    // With a NUL behind it: what reads a text looks for its end first.
    if (connection->length + (size_t)count >= connection->capacity) {
        connection->capacity = (connection->length + (size_t)count) * 2 + 1;
        connection->bytes = realloc(connection->bytes, connection->capacity);
    }
    memcpy(connection->bytes + connection->length, chunk, (size_t)count);
    connection->length += (size_t)count;
    connection->bytes[connection->length] = 0;
    while (take(receiver, fd)) {
    }
}

static void accept_all(struct receiver *receiver) {
    for (int fd; (fd = accept4(receiver->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
        receiver->connections[fd] = (struct connection){.open = true};
        receiver->counts.connections++;
        receiver->counts.open++;
        watch(receiver, fd, EPOLLIN, EPOLL_CTL_ADD);
    }
}

static void obey(struct receiver *receiver) {
    uint64_t times;
    ssize_t count = read(receiver->wake, &times, sizeof times);
    (void)count;
    bool drop = atomic_exchange(&receiver->drop, false);
    for (int fd = 0; fd < MAX_DESCRIPTORS; fd++) {
        struct connection *connection = &receiver->connections[fd];
        if (!connection->open) continue;
        if (drop) {
            shut(receiver, fd, false);
        } else if (connection->held && receiver->released) {
            connection->held = false;
            receiver->counts.held--;
            respond(receiver, fd, ok);
        }
    }
}

static void *run(void *user) {
    struct receiver *receiver = user;
    struct epoll_event events[256];
    while (!receiver->stop) {
        int count = epoll_wait(receiver->epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;
            if (fd == receiver->listener) accept_all(receiver);
            else if (fd == receiver->wake) obey(receiver);
            else if (!receiver->connections[fd].open) continue;
            else if (events[i].events & EPOLLOUT) flush(receiver, fd);
            else read_from(receiver, fd);
        }
    }
    for (int fd = 0; fd < MAX_DESCRIPTORS; fd++) shut(receiver, fd, false);
    return NULL;
}

struct receiver *receiver_start(void) {
    struct receiver *receiver = calloc(1, sizeof *receiver);
    receiver->connections = calloc(MAX_DESCRIPTORS, sizeof *receiver->connections);
    receiver->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct sockaddr *any = (struct sockaddr *)(void *)&address;
    if (bind(receiver->listener, any, length) != 0 || listen(receiver->listener, 4096) != 0
        || getsockname(receiver->listener, any, &length) != 0) {
        perror("receiver");
        exit(2);
    }
    receiver->port = ntohs(address.sin_port);
    receiver->epoll = epoll_create1(EPOLL_CLOEXEC);
    receiver->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    watch(receiver, receiver->listener, EPOLLIN, EPOLL_CTL_ADD);
    watch(receiver, receiver->wake, EPOLLIN, EPOLL_CTL_ADD);
    if (pthread_create(&receiver->thread, NULL, run, receiver) != 0) exit(2);
    return receiver;
}

static void wake(struct receiver *receiver) {
    uint64_t one = 1;
    ssize_t count = write(receiver->wake, &one, sizeof one);
    (void)count;
}

void receiver_stop(struct receiver *receiver) {
    receiver->stop = true;
    wake(receiver);
    pthread_join(receiver->thread, NULL);
    close(receiver->listener);
    close(receiver->epoll);
    close(receiver->wake);
    free(receiver->connections);
    free(receiver);
}

uint16_t receiver_port(const struct receiver *receiver) { return receiver->port; }

struct receiver_counts *receiver_counts(struct receiver *receiver) { return &receiver->counts; }

void receiver_release(struct receiver *receiver) {
    receiver->released = true;
    wake(receiver);
}

void receiver_drop_all(struct receiver *receiver) {
    receiver->drop = true;
    wake(receiver);
}

bool receiver_await(const atomic_ulong *counter, unsigned long value, bool at_most) {
    struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < 5000; i++) {
        if (at_most ? *counter <= value : *counter >= value) return true;
        nanosleep(&pause, NULL);
    }
    return false;
}
