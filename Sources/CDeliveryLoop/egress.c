// Which addresses may be connected to. Asked for the address itself, just before `connect`, so that names, literals,
// odd spellings and names that change their mind all come the same way.
#include "internal.h"

#include <string.h>

struct range {
    uint8_t address[16];
    uint8_t prefix;
};

// IANA's special-purpose registry of IPv4, and multicast and reserved space.
static const struct range closed_v4[] = {
    {{0}, 8},                // this network
    {{10}, 8},               // private
    {{100, 64}, 10},         // shared by carriers (CGNAT)
    {{127}, 8},              // loopback
    {{169, 254}, 16},        // link-local, cloud metadata
    {{172, 16}, 12},         // private
    {{192, 0, 0}, 24},       // protocol assignments
    {{192, 0, 2}, 24},       // documentation
    {{192, 88, 99}, 24},     // 6to4 relays
    {{192, 168}, 16},        // private
    {{198, 18}, 15},         // benchmarks
    {{198, 51, 100}, 24},    // documentation
    {{203, 0, 113}, 24},     // documentation
    {{224}, 4},              // multicast
    {{240}, 4},              // reserved, broadcast
};

// Of IPv6 only 2000::/3 is public, without these. What lies outside it (loopback, mapped, NAT64, unique local,
// link-local, multicast, discard) needs no list.
static const struct range public_v6 = {{0x20}, 3};
static const struct range closed_v6[] = {
    {{0x20, 0x01}, 23},              // protocol assignments: Teredo, ORCHID, benchmarks
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4: carries an IPv4 address
    {{0x3f, 0xff}, 20},              // documentation
};

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static bool matches(const uint8_t *address, const uint8_t *range, uint8_t prefix) {
    size_t whole = prefix / 8;
    if (memcmp(address, range, whole) != 0) return false;
    uint8_t rest = prefix % 8;
    return rest == 0 || ((address[whole] ^ range[whole]) >> (8 - rest)) == 0;
}

static bool is_allowed(const fanfare_address_range *allowed, size_t count, const uint8_t *address, bool is_ipv6) {
    for (size_t i = 0; i < count; i++) {
        if (allowed[i].is_ipv6 == is_ipv6 && matches(address, allowed[i].address, allowed[i].prefix)) return true;
    }
    return false;
}

static bool is_closed(const struct range *ranges, size_t count, const uint8_t *address) {
    for (size_t i = 0; i < count; i++) {
        if (matches(address, ranges[i].address, ranges[i].prefix)) return true;
    }
    return false;
}

bool fanfare_egress_permits(
    const fanfare_address_range *allowed, size_t allowed_count, const uint8_t *address, bool is_ipv6) {
    if (is_allowed(allowed, allowed_count, address, is_ipv6)) return true;
    if (!is_ipv6) return !is_closed(closed_v4, sizeof closed_v4 / sizeof *closed_v4, address);
    // ::ffff:a.b.c.d is a.b.c.d to the kernel: open where the operator opened that, never by itself.
    if (memcmp(address, mapped_prefix, sizeof mapped_prefix) == 0) {
        return is_allowed(allowed, allowed_count, address + sizeof mapped_prefix, false);
    }
    return matches(address, public_v6.address, public_v6.prefix)
        && !is_closed(closed_v6, sizeof closed_v6 / sizeof *closed_v6, address);
}

bool fanfare_egress_permits_sockaddr(const fanfare_loop *loop, const struct sockaddr *address) {
    uint8_t bytes[16];
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        memcpy(bytes, &v4->sin_addr, 4);
        return fanfare_egress_permits(loop->allowed, loop->allowed_count, bytes, false);
    }
    if (address->sa_family != AF_INET6) return false;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    memcpy(bytes, &v6->sin6_addr, 16);
    return fanfare_egress_permits(loop->allowed, loop->allowed_count, bytes, true);
}
