// Sockets: what the loop and libcurl know of them, the connections that stand over them, and who watches those.
#pragma once

#include "CDeliveryLoop.h"

#include <curl/curl.h>
#include <sys/epoll.h>

enum {
    PORT_BUCKETS = 4096,
};

struct handle;

// MARK: sockets.c

// What the loop knows of a descriptor; indexed by it.
struct socket_entry {
    struct origin *origin; // NULL: not ours or closed
    uint32_t shard;
    uint32_t generation; // of this use of the number; an event of another is stale
    uint32_t interest;   // what libcurl waits for now
    uint32_t registered; // what epoll was last told
    bool stands;         // a request was sent over it: made, secured, through the proxy
    bool is_watched;     // over HTTP/2, by the watchdog
    bool dead;           // something came while it was idle: not counted as a connection until it is used again

    // Of a connection that a request was sent over.
    bool is_http1;           // an answer of HTTP/1 came over it
    uint16_t port;           // of its own end; 0: not known yet
    uint32_t next_of_bucket; // descriptor + 1; 0: the last
    struct handle *user;     // whose request was sent over it last (HTTP/2 may have others) and is not over
    uint32_t turns;          // events since then
    uint32_t measured;       // bytes that were there to be read at the later of them
};

struct socket_table {
    struct socket_entry *entries;
    size_t capacity, open;
    int epoll;
    uint32_t by_port[PORT_BUCKETS]; // descriptor + 1 of the first connection; 0: none
};

int fanfare_on_socket(CURL *easy, curl_socket_t fd, int what, void *shard, void *entry);
curl_socket_t fanfare_on_open(void *handle, curlsocktype purpose, struct curl_sockaddr *address);
int fanfare_on_close(void *loop, curl_socket_t fd);
// libcurl 7.88 closes a socket that never got connected without the callback. Once a transfer's connection stands (its
// socket is `kept`) or the transfer has ended (CURL_SOCKET_BAD), its other sockets are gone.
curl_socket_t fanfare_sockets_connected(const struct handle *handle, int local_port);
void fanfare_sockets_settle(struct handle *handle, curl_socket_t kept);
void fanfare_socket_event(fanfare_loop *loop, const struct epoll_event *event);

// MARK: connections.c

// A connection stands; `local_port` is that of its own end.
void fanfare_connection_add(fanfare_loop *loop, curl_socket_t fd, int local_port);
// It is closed.
void fanfare_connection_remove(fanfare_loop *loop, struct socket_entry *entry);
// Something has come over it while it was idle, which can be no answer: libcurl shall find it closed.
void fanfare_connection_spoil(const struct socket_entry *entry, curl_socket_t fd);
// A request is about to be sent over it. False: it was kept, and what has come over it since answers no request. Over
// HTTP/1 the next request must not be sent: it would be taken for the answer to that, and every later one for the
// answer to the next. At most once for a request.
bool fanfare_connection_take(struct handle *handle, int local_port);
// The request is over.
void fanfare_connection_leave(struct handle *handle);
// It was broken, and is perhaps closed, since libcurl read from it without end: its requests are told so.
void fanfare_connection_was_cut(fanfare_loop *loop, curl_socket_t fd);
// Something has come. The transfer that has to end because it gets far more than an answer may have; libcurl hands out
// neither chunk sizes nor extensions, so that they count nowhere else. NULL: all is well.
struct handle *fanfare_connection_flooded(struct socket_entry *entry, curl_socket_t fd);
// libcurl closes it. A receiver that refuses a body without reading it answers, closes, and so resets: libcurl gives up
// at the first failed send and leaves the answer unread.
void fanfare_connection_salvage(const struct socket_entry *entry, curl_socket_t fd);

// MARK: watchdog.c

struct watchdog;
// Starts its thread, once. False: no memory or thread for it.
bool fanfare_watchdog_start(fanfare_loop *loop);
void fanfare_watchdog_stop(fanfare_loop *loop);
// A connection stands over which HTTP/2 may be spoken. False: it is not watched.
bool fanfare_watchdog_add(fanfare_loop *loop, curl_socket_t fd);
// A request has been sent over it, or has ended.
void fanfare_watchdog_progress(fanfare_loop *loop, curl_socket_t fd);
// It is about to be closed.
void fanfare_watchdog_remove(fanfare_loop *loop, curl_socket_t fd);
// libcurl is about to be called for the shard for HTTP/2.
void fanfare_watchdog_call_begins(fanfare_loop *loop);
// It has returned. Tells the requests of connections that had to be broken for that.
void fanfare_watchdog_call_ends(fanfare_loop *loop);
