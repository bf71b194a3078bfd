// The connections that requests go over: what comes over them unasked, and what comes without end.
#include "internal.h"

#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
    // Turns in which a whole answer has come, as a rule: until then nothing is measured. libcurl may
    // empty its buffer many times in each.
    UNMEASURED_TURNS = 2,
    // Bytes of one answer that are read at most, what libcurl keeps to itself (chunk sizes and their extensions)
    // included: 64 KiB that come as chunks of one byte fit in.
    WIRE_CAP = 512 * 1024,
};

static uint32_t *bucket_of(struct socket_table *table, uint16_t port) {
    return &table->by_port[port % PORT_BUCKETS];
}

void fanfare_connection_add(fanfare_loop *loop, curl_socket_t fd, int local_port) {
    struct socket_entry *entry = &loop->sockets.entries[fd];
    if (!entry->origin || entry->port != 0 || local_port <= 0) return;
    uint32_t *bucket = bucket_of(&loop->sockets, (uint16_t)local_port);
    entry->port = (uint16_t)local_port;
    entry->next_of_bucket = *bucket;
    *bucket = (uint32_t)fd + 1;
}

void fanfare_connection_remove(fanfare_loop *loop, struct socket_entry *entry) {
    if (entry->port == 0) return;
    struct socket_entry *entries = loop->sockets.entries;
    uint32_t *link = bucket_of(&loop->sockets, entry->port);
    while (&entries[*link - 1] != entry) link = &entries[*link - 1].next_of_bucket;
    *link = entry->next_of_bucket;
    entry->port = 0;
}

// The connection that libcurl has taken for a request; it tells no more of it than the port. NULL: not known.
static struct socket_entry *find(const struct handle *handle, int local_port) {
    struct socket_table *table = &handle->loop->sockets;
    if (local_port <= 0) return NULL;
    for (uint32_t at = *bucket_of(table, (uint16_t)local_port); at != 0;) {
        struct socket_entry *entry = &table->entries[at - 1];
        bool is_its = entry->origin == handle->endpoint->origin && entry->shard == handle->shard;
        if (entry->port == local_port && is_its) return entry;
        at = entry->next_of_bucket;
    }
    return NULL;
}

// Over TLS what came in one record with the last answer's end has left the socket already.
static bool has_unread(const struct handle *handle) {
    char byte;
    if (recv(handle->connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) return true;
    return handle->endpoint->is_https && fanfare_tls_has_unread(handle->easy);
}

void fanfare_connection_spoil(const struct socket_entry *entry, curl_socket_t fd) {
    if (!entry->is_http1) return; // HTTP/2 has much to say between requests
    // libcurl looks whether the peer has closed; with bytes unread it would think that it has not.
    char bytes[4096];
    if (recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) < 0) return;
    for (int i = 0; i < 16 && recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0; i++) continue;
    shutdown(fd, SHUT_RDWR);
}

bool fanfare_connection_take(struct handle *handle, int local_port) {
    struct socket_entry *entry = find(handle, local_port);
    handle->connection = entry ? (curl_socket_t)(entry - handle->loop->sockets.entries) : CURL_SOCKET_BAD;
    if (!entry) return true;
    if (entry->is_http1 && handle->slot->opened == 0 && has_unread(handle)) return false;
    entry->user = handle;
    entry->turns = 0;
    entry->measured = 0;
    if (entry->is_watched) fanfare_watchdog_progress(handle->loop, handle->connection);
    return true;
}

void fanfare_connection_leave(struct handle *handle) {
    if (handle->connection == CURL_SOCKET_BAD) return;
    struct socket_entry *entry = &handle->loop->sockets.entries[handle->connection];
    if (entry->is_watched) fanfare_watchdog_progress(handle->loop, handle->connection);
    handle->connection = CURL_SOCKET_BAD;
    if (entry->user != handle) return;
    entry->user = NULL;
    if (handle->slot->is_http1) entry->is_http1 = true;
}

void fanfare_connection_was_cut(fanfare_loop *loop, curl_socket_t fd) {
    for (struct handle *handle = loop->in_use; handle; handle = handle->next) {
        if (handle->multiplexes && handle->connection == fd) handle->slot->flags |= FANFARE_CONNECTION_CUT;
    }
}

struct handle *fanfare_connection_flooded(struct socket_entry *entry, curl_socket_t fd) {
    struct handle *handle = entry->user;
    if (!handle || !handle->slot->is_http1 || ++entry->turns <= UNMEASURED_TURNS) return NULL;
    int unread = 0;
    if (ioctl(fd, FIONREAD, &unread) == 0 && unread > 0) entry->measured += (uint32_t)unread;
    return entry->measured > WIRE_CAP ? handle : NULL;
}

void fanfare_connection_salvage(const struct socket_entry *entry, curl_socket_t fd) {
    struct handle *handle = entry->user;
    if (!handle || handle->slot->first_byte_us != 0 || strncasecmp(handle->endpoint->prefix, "http:", 5) != 0) return;
    char bytes[4096];
    ssize_t count = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    char *line = bytes, *end = bytes + (count > 0 ? count : 0);
    if (end - line < 7 || memcmp(line, "HTTP/1.", 7) != 0) return;
    struct slot *slot = handle->slot;
    for (char *next; !(slot->headers_complete && slot->status != 0); line = next) {
        next = memchr(line, '\n', (size_t)(end - line));
        if (!next) return;
        next++;
        fanfare_on_header(line, 1, (size_t)(next - line), &handle->slot);
    }
}
