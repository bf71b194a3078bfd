// Which addresses may be connected to, and how names get theirs.
#include "tests.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static fanfare_address_range range_of(const char *address, uint8_t prefix) {
    fanfare_address_range range = {.prefix = prefix, .is_ipv6 = strchr(address, ':') != NULL};
    inet_pton(range.is_ipv6 ? AF_INET6 : AF_INET, address, range.address);
    return range;
}

static bool permits(const char *address, const fanfare_address_range *allowed, size_t count) {
    uint8_t bytes[16];
    bool is_ipv6 = strchr(address, ':') != NULL;
    inet_pton(is_ipv6 ? AF_INET6 : AF_INET, address, bytes);
    return fanfare_egress_permits(allowed, count, bytes, is_ipv6);
}

static void ranges_that_are_not_public_are_closed(void) {
    static const char *const closed[] = {
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.127.255.255", "127.0.0.1", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1",
        "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1",
        "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:0:5ef5:79fd::1", "2001:10::1", "2001:20::1", "2001:db8::1",
        "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd12::1", "fe80::1", "fec0::1",
        "ff02::1",
    };
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        if (permits(closed[i], NULL, 0)) fprintf(stderr, "open: %s\n", closed[i]);
        CHECK(!permits(closed[i], NULL, 0));
    }
    static const char *const open[] = {
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
        "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
        "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2000::1", "2001:200::1", "2001:4860::8888",
        "2001:db7:ffff::1", "2003::1", "2606:4700::1111", "3ffe::1", "3fff:1000::1",
    };
    for (size_t i = 0; i < sizeof open / sizeof *open; i++) {
        if (!permits(open[i], NULL, 0)) fprintf(stderr, "closed: %s\n", open[i]);
        CHECK(permits(open[i], NULL, 0));
    }
}

static void the_operator_opens_ranges(void) {
    fanfare_address_range private = range_of("10.1.0.0", 16);
    CHECK(permits("10.1.255.255", &private, 1));
    CHECK(!permits("10.2.0.0", &private, 1));
    CHECK(permits("::ffff:10.1.2.3", &private, 1));
    CHECK(!permits("::ffff:10.2.2.3", &private, 1));
    fanfare_address_range odd = range_of("10.16.0.0", 13);
    CHECK(permits("10.23.255.255", &odd, 1));
    CHECK(!permits("10.24.0.0", &odd, 1));
    fanfare_address_range nat = range_of("64:ff9b::", 96);
    CHECK(permits("64:ff9b::10.0.0.1", &nat, 1));
    CHECK(!permits("64:ff9b:0:0:0:1::", &nat, 1));
    fanfare_address_range all[] = {range_of("0.0.0.0", 0), range_of("::", 0)};
    CHECK(permits("127.0.0.1", all, 2));
    CHECK(permits("ff02::1", all, 2));
    CHECK(!permits("ff02::1", all, 1));
    fanfare_address_range one = range_of("192.168.0.7", 32);
    CHECK(permits("192.168.0.7", &one, 1));
    CHECK(!permits("192.168.0.6", &one, 1));
}

static void odd_spellings_of_closed_addresses_are_blocked(void) {
    static const char *const hosts[] = {
        "10.0.0.1", "167772161", "0xa000001", "012.0.0.1", "10.1", "[::ffff:10.0.0.1]", "[fe80::1]", "[::1]",
        "0", "192.168.257",
    };
    struct bench bench = bench_open();
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char url[128];
        snprintf(url, sizeof url, "http://%s:9/", hosts[i]);
        struct outcome outcome = bench_exchange(&bench, bench_endpoint_at(&bench, url), "x");
        if (!has(&outcome, FANFARE_BLOCKED)) fprintf(stderr, "not blocked: %s\n", hosts[i]);
        CHECK_INT(outcome.completion.flags, FANFARE_BLOCKED);
    }
    bench_close(&bench);
}

// What opens a range opens it in every spelling: each is the address it stands for.
static void odd_spellings_of_an_opened_address_are_connected_to(void) {
    static const char *const hosts[] = {"127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"};
    struct bench bench = bench_open();
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        char url[128];
        snprintf(url, sizeof url, "http://%s:%u/ok", hosts[i], receiver_port(bench.receiver));
        struct outcome outcome = bench_exchange(&bench, bench_endpoint_at(&bench, url), "x");
        if (!has(&outcome, FANFARE_ACCEPTED)) fprintf(stderr, "not reached: %s\n", hosts[i]);
        CHECK(has(&outcome, FANFARE_ACCEPTED));
    }
    bench_close(&bench);
}

static void names_with_closed_addresses_of_any_form_are_blocked(void) {
    static const char *const addresses[] = {
        "10.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:7f00:1::1",
        "2001:0:5ef5:79fd::1", "fd00::1", "fe80::1", "::1",
    };
    struct bench bench = bench_open();
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        uint32_t endpoint = bench_endpoint_at(&bench, "http://closed.test:9/");
        CHECK_INT(fanfare_loop_set_addresses(bench.loop, endpoint, &addresses[i], 1), FANFARE_OK);
        struct outcome outcome = bench_exchange(&bench, endpoint, "x");
        if (!has(&outcome, FANFARE_BLOCKED)) fprintf(stderr, "not blocked: %s\n", addresses[i]);
        CHECK_INT(outcome.completion.flags, FANFARE_BLOCKED);
        CHECK_INT(fanfare_loop_remove_endpoint(bench.loop, endpoint), FANFARE_OK);
    }
    bench_close(&bench);
}

static size_t threads(void) {
    size_t count = 0;
    DIR *folder = opendir("/proc/self/task");
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}

static void set(struct bench *bench, uint32_t endpoint, const char *address) {
    CHECK_INT(fanfare_loop_set_addresses(bench->loop, endpoint, &address, 1), FANFARE_OK);
}

static void names_go_where_their_addresses_say(void) {
    struct bench bench = bench_open();
    char url[64];
    snprintf(url, sizeof url, "http://Receiver.test:%u/ok", receiver_port(bench.receiver));
    uint32_t endpoint = bench_endpoint_at(&bench, url);
    size_t before = threads();
    struct outcome unknown = bench_exchange(&bench, endpoint, "x");
    CHECK_INT(unknown.completion.curl_code, 6); // CURLE_COULDNT_RESOLVE_HOST
    CHECK_INT(unknown.completion.flags, FANFARE_LOCAL_FAILURE);
    set(&bench, endpoint, "127.0.0.1");
    struct outcome known = bench_exchange(&bench, endpoint, "x");
    CHECK(has(&known, FANFARE_ACCEPTED));
    // A thread that was joined before, the last test's receiver, is listed for a moment longer.
    if (threads() < before) before = threads();
    // All at once, over several multi handles, before any has run.
    for (uint64_t i = 0; i < 200; i++) bench_send(&bench, endpoint, i, "x");
    CHECK(bench_gather(&bench, 200, 5));
    for (size_t i = 0; i < bench.count; i++) CHECK(has(&bench.outcomes[i], FANFARE_ACCEPTED));
    CHECK_INT(threads(), before); // libcurl has looked nothing up
    set(&bench, endpoint, "10.0.0.1");
    receiver_drop_all(bench.receiver);
    CHECK(receiver_await(&receiver_counts(bench.receiver)->open, 0, true));
    struct outcome moved = bench_exchange(&bench, endpoint, "x");
    CHECK(has(&moved, FANFARE_BLOCKED));
    set(&bench, endpoint, "127.0.0.1");
    struct outcome back = bench_exchange(&bench, endpoint, "x");
    CHECK(has(&back, FANFARE_ACCEPTED)); // the mark was that attempt's alone
    CHECK(!has(&back, FANFARE_BLOCKED));
    bench_close(&bench);
}

static void an_allowed_address_among_closed_ones_is_used(void) {
    struct bench bench = bench_open();
    char url[64];
    snprintf(url, sizeof url, "http://mixed.test:%u/ok", receiver_port(bench.receiver));
    uint32_t endpoint = bench_endpoint_at(&bench, url);
    const char *addresses[] = {"10.0.0.1", "fd00::1", "127.0.0.1"};
    CHECK_INT(fanfare_loop_set_addresses(bench.loop, endpoint, addresses, 3), FANFARE_OK);
    struct outcome outcome = bench_exchange(&bench, endpoint, "x");
    CHECK(has(&outcome, FANFARE_ACCEPTED));
    CHECK(!has(&outcome, FANFARE_BLOCKED));
    CHECK(outcome.completion.connect_us < 150000); // the closed ones were not waited for
    bench_close(&bench);
}

// A listener whose queue is full answers no further connection: like a dead address, but on loopback.
struct dead_address {
    int listener, fillers[8];
};

static struct dead_address dead_address_open(uint16_t port) {
    struct dead_address dead = {.listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = in6addr_loopback};
    CHECK_INT(bind(dead.listener, (struct sockaddr *)&address, sizeof address), 0);
    CHECK_INT(listen(dead.listener, 0), 0);
    for (size_t i = 0; i < sizeof dead.fillers / sizeof *dead.fillers; i++) {
        dead.fillers[i] = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(dead.fillers[i], (struct sockaddr *)&address, sizeof address);
    }
    return dead;
}

static void dead_address_close(struct dead_address *dead) {
    for (size_t i = 0; i < sizeof dead->fillers / sizeof *dead->fillers; i++) close(dead->fillers[i]);
    close(dead->listener);
}

static void a_dead_ipv6_address_costs_the_first_connection_a_moment_and_no_further_one(void) {
    fanfare_address_range allowed[] = {range_of("127.0.0.0", 8), range_of("::1", 128)};
    fanfare_loop_config config = {.allowed = allowed, .allowed_count = 2};
    struct bench bench = bench_open_with(&config);
    struct dead_address dead = dead_address_open(receiver_port(bench.receiver));
    char url[64];
    snprintf(url, sizeof url, "http://both.test:%u/close", receiver_port(bench.receiver)); // each time a new connection
    uint32_t endpoint = bench_endpoint_at(&bench, url);
    const char *addresses[] = {"::1", "127.0.0.1"};
    CHECK_INT(fanfare_loop_set_addresses(bench.loop, endpoint, addresses, 2), FANFARE_OK);
    struct outcome first = bench_exchange(&bench, endpoint, "x");
    CHECK(has(&first, FANFARE_ACCEPTED));
    CHECK(first.completion.connect_us >= 150000 && first.completion.connect_us < 2000000);
    for (int i = 0; i < 5; i++) {
        // Also when the resolver gives them anew.
        if (i == 3) CHECK_INT(fanfare_loop_set_addresses(bench.loop, endpoint, addresses, 2), FANFARE_OK);
        struct outcome later = bench_exchange(&bench, endpoint, "x");
        CHECK(has(&later, FANFARE_ACCEPTED));
        CHECK(!has(&later, FANFARE_CONNECTION_REUSED));
        CHECK(later.completion.connect_us < 150000);
    }
    dead_address_close(&dead);
    bench_close(&bench);
}

static void addresses_belong_to_host_and_port_and_go_with_the_last_endpoint(void) {
    struct bench bench = bench_open();
    char url[64];
    snprintf(url, sizeof url, "http://shared.test:%u/ok", receiver_port(bench.receiver));
    uint32_t first = bench_endpoint_at(&bench, url), second = bench_endpoint_at(&bench, url);
    set(&bench, first, "127.0.0.1");
    struct outcome shared = bench_exchange(&bench, second, "x");
    CHECK(has(&shared, FANFARE_ACCEPTED));
    CHECK_INT(fanfare_loop_remove_endpoint(bench.loop, first), FANFARE_OK);
    struct outcome still = bench_exchange(&bench, second, "x");
    CHECK(has(&still, FANFARE_ACCEPTED));
    CHECK_INT(fanfare_loop_remove_endpoint(bench.loop, second), FANFARE_OK);
    uint32_t third = bench_endpoint_at(&bench, url);
    CHECK(third != first && third != second);
    struct outcome gone = bench_exchange(&bench, third, "x");
    CHECK_INT(gone.completion.curl_code, 6);
    CHECK_INT(fanfare_loop_remove_endpoint(bench.loop, second), FANFARE_UNKNOWN_ENDPOINT);
    bench_close(&bench);
}

static void bad_addresses_are_refused(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint_at(&bench, "http://name.test/");
    static const char *const bad[] = {
        "", "localhost", "127.0.0.1:80", "127.0.0.1,10.0.0.1", "1.2.3", "[::1]", "fe80::1%lo",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        CHECK_INT(fanfare_loop_set_addresses(bench.loop, endpoint, &bad[i], 1), FANFARE_INVALID_ARGUMENT);
    }
    CHECK_INT(fanfare_loop_set_addresses(bench.loop, endpoint, bad, 0), FANFARE_INVALID_ARGUMENT);
    const char *good = "::1";
    CHECK_INT(fanfare_loop_set_addresses(bench.loop, endpoint, &good, 1), FANFARE_OK);
    CHECK_INT(fanfare_loop_set_addresses(bench.loop, endpoint + 1, &good, 1), FANFARE_UNKNOWN_ENDPOINT);
    bench_close(&bench);
}

void policy_tests(void) {
    RUN(ranges_that_are_not_public_are_closed);
    RUN(the_operator_opens_ranges);
    RUN(odd_spellings_of_closed_addresses_are_blocked);
    RUN(odd_spellings_of_an_opened_address_are_connected_to);
    RUN(names_with_closed_addresses_of_any_form_are_blocked);
    RUN(names_go_where_their_addresses_say);
    RUN(an_allowed_address_among_closed_ones_is_used);
    RUN(a_dead_ipv6_address_costs_the_first_connection_a_moment_and_no_further_one);
    RUN(addresses_belong_to_host_and_port_and_go_with_the_last_endpoint);
    RUN(bad_addresses_are_refused);
}
