// The epoll table. libcurl takes its interest in a socket away and back around every request; the kernel's
// registration is left alone until another interest is really needed.
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct socket_entry *entry_of(struct socket_table *table, curl_socket_t fd) {
    return fd >= 0 && (size_t)fd < table->capacity ? &table->entries[fd] : NULL;
}

static bool reserve_entry(struct socket_table *table, curl_socket_t fd) {
    if ((size_t)fd < table->capacity) return true;
    size_t capacity = table->capacity ? table->capacity : 256;
    while (capacity <= (size_t)fd) capacity *= 2;
    struct socket_entry *entries = realloc(table->entries, capacity * sizeof *entries);
    if (!entries) return false;
    memset(entries + table->capacity, 0, (capacity - table->capacity) * sizeof *entries);
    table->entries = entries;
    table->capacity = capacity;
    return true;
}

// Registers, changes or (mask 0) removes. A failure is kept: libcurl's callback cannot report it.
static void tell_epoll(fanfare_loop *loop, curl_socket_t fd, struct socket_entry *entry, uint32_t mask) {
    struct epoll_event event = {
        .events = mask,
        .data.u64 = (uint64_t)entry->generation << 32 | (uint32_t)fd,
    };
    int operation = mask == 0 ? EPOLL_CTL_DEL : entry->registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(loop->sockets.epoll, operation, fd, &event) != 0 && mask != 0) loop->system_error = errno;
    entry->registered = mask;
}

int fanfare_on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_data) {
    (void)easy, (void)socket_data;
    struct shard *shard = user;
    fanfare_loop *loop = shard->loop;
    struct socket_entry *entry = entry_of(&loop->sockets, fd);
    // Closed already, perhaps even in use again by another shard: the kernel has forgotten the registration.
    if (!entry || !entry->origin || entry->shard != shard->index) return 0;
    // It was not closed after all: what came while it was idle was, for example, a ping of HTTP/2.
    if (entry->dead && what != CURL_POLL_REMOVE && what != CURL_POLL_NONE) {
        entry->dead = false;
        entry->origin->berths[entry->shard].connections++;
        if (entry->stands) entry->origin->berths[entry->shard].standing++;
    }
    entry->interest = what == CURL_POLL_IN ? EPOLLIN
        : what == CURL_POLL_OUT ? EPOLLOUT
        : what == CURL_POLL_INOUT ? EPOLLIN | EPOLLOUT : 0;
    // More registered than wanted is right only while nothing at all is wanted: writability would fire at once.
    if (entry->interest != 0 && entry->interest != entry->registered) {
        tell_epoll(loop, fd, entry, entry->interest);
    }
    return 0;
}

static void count_out(struct socket_entry *entry) {
    struct berth *berth = &entry->origin->berths[entry->shard];
    if (!entry->dead) berth->connections--;
    if (!entry->dead && entry->stands) berth->standing--;
    entry->dead = true;
}

// The descriptor is closed, or its number has come back: what was known of it is void.
static void forget(fanfare_loop *loop, struct socket_entry *entry) {
    if (!entry->origin) return;
    count_out(entry);
    if (entry->is_watched) fanfare_watchdog_remove(loop, (curl_socket_t)(entry - loop->sockets.entries));
    fanfare_connection_remove(loop, entry);
    struct origin *origin = entry->origin;
    *entry = (struct socket_entry){.generation = entry->generation + 1};
    loop->sockets.open--;
    origin->sockets--;
    fanfare_origin_release(loop, origin);
}

static bool reserve_attempt(struct handle *handle) {
    if (handle->attempt_count < handle->attempt_capacity) return true;
    uint32_t capacity = handle->attempt_capacity + 4;
    struct attempt *attempts = realloc(handle->attempts, capacity * sizeof *attempts);
    if (!attempts) return false;
    handle->attempts = attempts;
    handle->attempt_capacity = capacity;
    return true;
}

// A new socket with room for it in the tables; -1 and `errno`.
static int open_socket(fanfare_loop *loop, struct handle *handle, const struct curl_sockaddr *address) {
    if (loop->max_sockets && loop->sockets.open >= loop->max_sockets) {
        errno = EMFILE;
        return -1;
    }
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address->protocol);
    if (fd >= 0 && (!reserve_entry(&loop->sockets, fd) || !reserve_attempt(handle))) {
        close(fd);
        errno = ENOMEM;
        return -1;
    }
    return fd;
}

curl_socket_t fanfare_on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)purpose;
    struct handle *handle = user;
    fanfare_loop *loop = handle->loop;
    // A proxy was chosen by the operator, and carries the policy.
    if (!handle->endpoint->proxy && !fanfare_egress_permits_sockaddr(loop, &address->addr)) {
        handle->slot->refused++;
        errno = EACCES;
        return CURL_SOCKET_BAD;
    }
    handle->slot->opened++;
    int fd = open_socket(loop, handle, address);
    if (fd < 0) {
        handle->slot->os_errno = errno;
        handle->slot->starved = true;
        return CURL_SOCKET_BAD;
    }
    fanfare_transfer_set_connecting(handle, true);
    struct socket_entry *entry = &loop->sockets.entries[fd];
    forget(loop, entry); // closed without a word while it was connecting
    struct origin *origin = handle->endpoint->origin;
    *entry = (struct socket_entry){
        .origin = origin, .shard = handle->shard, .generation = entry->generation + 1,
    };
    handle->attempts[handle->attempt_count++] = (struct attempt){.fd = fd, .generation = entry->generation};
    loop->sockets.open++;
    origin->sockets++;
    origin->berths[handle->shard].connections++;
    return fd;
}

int fanfare_on_close(void *user, curl_socket_t fd) {
    fanfare_loop *loop = user;
    struct socket_entry *entry = entry_of(&loop->sockets, fd);
    if (entry) {
        fanfare_connection_salvage(entry, fd);
        forget(loop, entry);
    }
    return close(fd);
}

static int local_port_of(int fd) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(fd, (struct sockaddr *)(void *)&address, &length) != 0) return -1;
    if (address.ss_family == AF_INET) return ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
    return address.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port) : -1;
}

// Which of the sockets opened for a transfer its connection has. (CURLINFO_ACTIVESOCKET cannot tell before the end.)
curl_socket_t fanfare_sockets_connected(const struct handle *handle, int local_port) {
    uint32_t last = handle->attempt_count - 1;
    for (uint32_t i = 0; i < last; i++) {
        int fd = handle->attempts[i].fd;
        bool current = handle->loop->sockets.entries[fd].generation == handle->attempts[i].generation;
        if (current && local_port_of(fd) == local_port) return fd;
    }
    return handle->attempts[last].fd;
}

void fanfare_sockets_settle(struct handle *handle, curl_socket_t kept) {
    struct socket_table *table = &handle->loop->sockets;
    for (uint32_t i = 0; i < handle->attempt_count; i++) {
        const struct attempt *attempt = &handle->attempts[i];
        struct socket_entry *entry = &table->entries[attempt->fd];
        if (entry->generation != attempt->generation) continue;
        if (attempt->fd != kept) {
            forget(handle->loop, entry);
        } else if (!entry->stands) {
            entry->stands = true;
            entry->is_watched = handle->multiplexes && fanfare_watchdog_add(handle->loop, kept);
            if (!entry->dead) entry->origin->berths[entry->shard].standing++;
        }
    }
    handle->attempt_count = 0;
}

void fanfare_socket_event(fanfare_loop *loop, const struct epoll_event *event) {
    curl_socket_t fd = (curl_socket_t)(uint32_t)event->data.u64;
    struct socket_entry *entry = entry_of(&loop->sockets, fd);
    if (!entry || !entry->origin || entry->generation != (uint32_t)(event->data.u64 >> 32)) return; // stale
    if (entry->interest == 0) {
        // The peer closed or wrote on an idle connection. Nobody would ever read it: epoll must not report it
        // again, and no request shall count on it until libcurl has found it alive.
        tell_epoll(loop, fd, entry, 0);
        count_out(entry);
        fanfare_connection_spoil(entry, fd);
        return;
    }
    struct handle *flooded = event->events & EPOLLIN ? fanfare_connection_flooded(entry, fd) : NULL;
    if (flooded) {
        flooded->slot->flags |= FANFARE_RESPONSE_CUT;
        fanfare_transfer_finish(flooded, CURLE_WRITE_ERROR);
        return;
    }
    int mask = 0;
    if (event->events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP)) mask |= CURL_CSELECT_IN;
    if (event->events & EPOLLOUT) mask |= CURL_CSELECT_OUT;
    if (event->events & EPOLLERR) mask |= CURL_CSELECT_ERR;
    fanfare_shard_run(loop->shards[entry->shard], fd, mask);
}
