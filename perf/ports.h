// The ports that the receiver listens on, all of 127.0.0.1: open or shut together.
#ifndef PORTS_H
#define PORTS_H
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORTS_MAX = 4096 };

struct ports {
    int fds[PORTS_MAX];
    uint16_t numbers[PORTS_MAX];  // 0: any free one
    int count;
    bool open;
};

// Returns the descriptor, -1 with errno; `number` becomes the port's.
static int listen_on(uint16_t *number, int epoll_fd) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*number)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    bool listens = fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, 65535) == 0
        && getsockname(fd, (struct sockaddr *)&address, &length) == 0
        && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
    if (!listens) return -1;
    *number = ntohs(address.sin_port);
    return fd;
}

// Opens all. Returns false, with errno, when one cannot be had.
static bool ports_open(struct ports *ports, int epoll_fd) {
    for (int i = 0; i < ports->count; i++) {
        ports->fds[i] = listen_on(&ports->numbers[i], epoll_fd);
        if (ports->fds[i] < 0) return false;
    }
    ports->open = true;
    return true;
}

static void ports_shut(struct ports *ports) {
    for (int i = 0; ports->open && i < ports->count; i++) close(ports->fds[i]);
    ports->open = false;
}
#endif
