// Turns to connect, cancelling, removing, and a loop that fails as a whole.
#include "tests.h"

#include "internal.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

// A listener whose queue is full: connecting to it hangs.
struct black_hole {
    int listener, fillers[8];
    uint16_t port;
};

static struct black_hole black_hole_open(void) {
    struct black_hole hole = {.listener = socket(AF_INET, SOCK_STREAM, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct sockaddr *any = (struct sockaddr *)(void *)&address;
    CHECK_INT(bind(hole.listener, any, length), 0);
    CHECK_INT(listen(hole.listener, 0), 0);
    CHECK_INT(getsockname(hole.listener, any, &length), 0);
    hole.port = ntohs(address.sin_port);
    for (int i = 0; i < 8; i++) {
        hole.fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(hole.fillers[i], any, length);
    }
    return hole;
}

static void black_hole_close(struct black_hole *hole) {
    for (int i = 0; i < 8; i++) close(hole->fillers[i]);
    close(hole->listener);
}

static uint32_t hanging_endpoint(struct bench *bench, const struct black_hole *hole, uint32_t connect_timeout_ms) {
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole->port);
    fanfare_endpoint_config config = {.url = url, .method = "POST", .connect_timeout_ms = connect_timeout_ms};
    uint32_t endpoint = 0;
    CHECK_INT(fanfare_loop_add_endpoint(bench->loop, &config, &endpoint), FANFARE_OK);
    return endpoint;
}

static void one_that_hangs_leaves_places_for_others(void) {
    struct bench bench = bench_open();
    struct black_hole hole = black_hole_open();
    uint32_t hanging = hanging_endpoint(&bench, &hole, 0), fine = bench_endpoint(&bench, "/ok");
    for (uint64_t i = 0; i < 300; i++) bench_send(&bench, hanging, i, "x");
    CHECK(!bench_gather(&bench, 1, 0.1));
    CHECK_INT(bench.loop->connecting, 48);
    double began = seconds_now();
    for (uint64_t i = 1000; i < 1100; i++) bench_send(&bench, fine, i, "x");
    CHECK(bench_gather(&bench, 100, 5));
    CHECK(seconds_now() - began < 1);
    for (size_t i = 0; i < bench.count; i++) CHECK(has(&bench.outcomes[i], FANFARE_ACCEPTED));
    fanfare_loop_cancel_all(bench.loop);
    CHECK(bench_gather(&bench, 300, 5));
    for (size_t i = 0; i < bench.count; i++) CHECK_INT(bench.outcomes[i].completion.flags, FANFARE_CANCELLED);
    CHECK_INT(bench.loop->connecting, 0);
    CHECK_INT(bench.loop->waiting_endpoints, 0);
    CHECK_INT(bench.loop->sockets.open, receiver_counts(bench.receiver)->open);
    bench_close(&bench);
    black_hole_close(&hole);
}

static void what_waits_is_recalled_and_what_has_begun_is_not(void) {
    struct bench bench = bench_open();
    struct black_hole hole = black_hole_open();
    uint32_t other = hanging_endpoint(&bench, &hole, 0), hanging = hanging_endpoint(&bench, &hole, 0);
    for (uint64_t i = 0; i < 100; i++) bench_send(&bench, other, i, "x");
    for (uint64_t i = 0; i < 100; i++) bench_send(&bench, hanging, 1000 + i, "x");
    CHECK(!bench_gather(&bench, 1, 0.1));
    uint32_t begun = bench.loop->connecting;
    CHECK_INT(begun, 64);
    CHECK_INT(fanfare_loop_recall(bench.loop, hanging), FANFARE_OK);
    CHECK_INT(bench.loop->waiting_endpoints, 1); // the other one still stands in line
    size_t left = fanfare_loop_in_flight(bench.loop);
    while (bench_gather(&bench, 1, 0.1)) continue;
    CHECK_INT(bench.loop->connecting, begun);
    CHECK(fanfare_loop_in_flight(bench.loop) < left);
    CHECK_INT(fanfare_loop_recall(bench.loop, hanging), FANFARE_OK); // nothing waits any more
    CHECK_INT(fanfare_loop_recall(bench.loop, 77777), FANFARE_UNKNOWN_ENDPOINT);
    fanfare_loop_cancel_all(bench.loop);
    while (bench_gather(&bench, 1, 0.1)) continue;
    CHECK_INT(fanfare_loop_in_flight(bench.loop), 0);
    CHECK_INT(fanfare_loop_remove_endpoint(bench.loop, hanging), FANFARE_OK);
    CHECK_INT(fanfare_loop_remove_endpoint(bench.loop, other), FANFARE_OK);
    bench_close(&bench);
    black_hole_close(&hole);
}

static void what_is_recalled_was_never_sent(void) {
    fanfare_loop_config config = {.max_connecting = 2, .max_connecting_per_endpoint = 1};
    struct bench bench = bench_open_with(&config);
    struct black_hole hole = black_hole_open();
    uint32_t endpoint = hanging_endpoint(&bench, &hole, 0);
    for (uint64_t i = 0; i < 50; i++) bench_send(&bench, endpoint, i, "x");
    CHECK(!bench_gather(&bench, 1, 0.05));
    CHECK_INT(fanfare_loop_recall(bench.loop, endpoint), FANFARE_OK);
    CHECK(bench_gather(&bench, 49, 1));
    for (size_t i = 0; i < bench.count; i++) CHECK_INT(bench.outcomes[i].completion.flags, FANFARE_CANCELLED);
    CHECK_INT(fanfare_loop_in_flight(bench.loop), 1);
    fanfare_loop_cancel_all(bench.loop);
    CHECK(bench_gather(&bench, 1, 1));
    bench_close(&bench);
    black_hole_close(&hole);
}

static void several_that_hang_share_the_places(void) {
    struct bench bench = bench_open();
    struct black_hole hole = black_hole_open();
    for (int i = 0; i < 4; i++) {
        uint32_t endpoint = hanging_endpoint(&bench, &hole, 0);
        for (uint64_t token = 0; token < 40; token++) bench_send(&bench, endpoint, token, "x");
    }
    CHECK(!bench_gather(&bench, 1, 0.1));
    CHECK_INT(bench.loop->connecting, 64);
    fanfare_loop_cancel_all(bench.loop);
    CHECK(bench_gather(&bench, 160, 5));
    bench_close(&bench);
    black_hole_close(&hole);
}

static void connecting_ends_by_its_own_time_out_and_frees_its_place(void) {
    fanfare_loop_config config = {.max_connecting = 2, .max_connecting_per_endpoint = 1};
    struct bench bench = bench_open_with(&config);
    struct black_hole hole = black_hole_open();
    uint32_t endpoint = hanging_endpoint(&bench, &hole, 100);
    for (uint64_t i = 0; i < 4; i++) bench_send(&bench, endpoint, i, "x");
    double began = seconds_now();
    CHECK(bench_gather(&bench, 4, 5));
    double took = seconds_now() - began;
    CHECK(took > 0.25 && took < 3); // one after another
    for (size_t i = 0; i < bench.count; i++) {
        CHECK_INT(bench.outcomes[i].completion.curl_code, 28);
        CHECK_INT(bench.outcomes[i].completion.flags, 0);
        CHECK(bench.outcomes[i].completion.total_us < 1000000); // waiting for a turn does not count
    }
    bench_close(&bench);
    black_hole_close(&hole);
}

static void no_more_connections_are_made_at_a_time_than_allowed(void) {
    fanfare_loop_config config = {.max_connecting = 8, .max_connecting_per_endpoint = 2};
    struct bench bench = bench_open_with(&config);
    uint32_t endpoint = bench_endpoint(&bench, "/hold");
    uint32_t most = 0;
    for (uint64_t i = 0; i < 500; i++) bench_send(&bench, endpoint, i, "x");
    double limit = seconds_now() + 20;
    while (receiver_counts(bench.receiver)->held < 500 && seconds_now() < limit) {
        fanfare_completion completion;
        size_t count = 0;
        CHECK_INT(fanfare_loop_poll(bench.loop, &completion, 1, 1, &count), FANFARE_OK);
        CHECK_INT(count, 0);
        if (bench.loop->connecting > most) most = bench.loop->connecting;
    }
    CHECK_INT(receiver_counts(bench.receiver)->held, 500);
    CHECK(most <= 8);
    receiver_release(bench.receiver);
    CHECK(bench_gather(&bench, 500, 5));
    CHECK_INT(bench.loop->connecting, 0);
    bench_close(&bench);
}

static void no_multi_has_more_than_its_share_of_connections(void) {
    struct bench bench = bench_open();
    uint32_t one = bench_endpoint(&bench, "/hold"), other = bench_endpoint(&bench, "/hold/too");
    for (uint64_t i = 0; i < 800; i++) bench_send(&bench, i % 2 ? one : other, i, "x");
    CHECK(bench_poll_until(&bench, &receiver_counts(bench.receiver)->held, 800));
    struct origin *origin = bench.loop->origins;
    CHECK(origin->next == NULL);
    size_t connections = 0;
    for (uint32_t i = 0; i < origin->berth_count; i++) {
        CHECK(origin->berths[i].connections <= SHARD_CONNECTIONS);
        connections += origin->berths[i].connections;
    }
    CHECK_INT(connections, 800);
    CHECK_INT(bench.loop->shard_count, 800 / SHARD_CONNECTIONS);
    receiver_release(bench.receiver);
    CHECK(bench_gather(&bench, 800, 5));
    bench_close(&bench);
}

static void a_hundred_quiet_endpoints_keep_their_connections(void) {
    struct bench bench = bench_open();
    struct receiver *receivers[100];
    uint32_t endpoints[100];
    for (int i = 0; i < 100; i++) {
        char url[64];
        snprintf(url, sizeof url, "http://127.0.0.%d:%u/ok", 1, receiver_port(receivers[i] = receiver_start()));
        endpoints[i] = bench_endpoint_at(&bench, url);
    }
    for (int round = 0; round < 3; round++) {
        for (uint64_t i = 0; i < 100; i++) bench_send(&bench, endpoints[i], i, "x");
        CHECK(bench_gather(&bench, 100, 5));
    }
    for (int i = 0; i < 100; i++) {
        CHECK_INT(receiver_counts(receivers[i])->connections, 1);
        receiver_stop(receivers[i]);
    }
    bench_close(&bench);
}

// An event may be there without anything to be read.
static void a_connection_that_was_not_closed_after_all_counts_again(void) {
    struct bench bench = bench_open();
    uint32_t id = bench_endpoint(&bench, "/hold");
    struct endpoint *endpoint = fanfare_endpoint_of(bench.loop, id);
    bench_exchange(&bench, bench_endpoint(&bench, "/ok"), "x");
    for (size_t fd = 0; fd < bench.loop->sockets.capacity; fd++) {
        struct socket_entry *entry = &bench.loop->sockets.entries[fd];
        if (!entry->origin) continue;
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)entry->generation << 32 | fd};
        fanfare_socket_event(bench.loop, &event);
        CHECK_INT(entry->registered, 0);
    }
    struct berth *berth = &endpoint->origin->berths[endpoint->origin->home];
    CHECK_INT(berth->connections, 0);
    // Held, so that libcurl has to wait on the socket.
    bench_send(&bench, id, 1, "x");
    CHECK(bench_poll_until(&bench, &receiver_counts(bench.receiver)->held, 1));
    CHECK_INT(berth->connections, 1);
    receiver_release(bench.receiver);
    CHECK(bench_gather(&bench, 1, 5));
    CHECK(has(&bench.outcomes[0], FANFARE_ACCEPTED | FANFARE_CONNECTION_REUSED));
    CHECK(fanfare_endpoint_is_warm(endpoint));
    // Its end is still noticed, and counted once.
    receiver_drop_all(bench.receiver);
    CHECK(!bench_gather(&bench, 1, 0.1));
    CHECK(!fanfare_endpoint_is_warm(endpoint));
    struct outcome outcome = bench_exchange(&bench, id, "x");
    CHECK(has(&outcome, FANFARE_ACCEPTED) && !has(&outcome, FANFARE_CONNECTION_REUSED));
    CHECK_INT(berth->connections, 1);
    CHECK_INT(bench.loop->sockets.open, 1);
    bench_close(&bench);
}

static void no_connection_has_a_user_that_is_over(struct bench *bench) {
    for (size_t fd = 0; fd < bench->loop->sockets.capacity; fd++) {
        const struct handle *user = bench->loop->sockets.entries[fd].user;
        CHECK(!user || (user->slot && user->connection == (curl_socket_t)fd));
    }
}

// Over HTTP/2 libcurl goes on with a request over another connection while its first one stays open for the others, as
// after a goodbye or a refused stream. Held requests over HTTP/1.1 stand for both connections.
static void a_request_that_changes_connections_leaves_nothing_of_itself_behind(void) {
    struct bench bench = bench_open();
    uint32_t id = bench_endpoint(&bench, "/hold");
    for (uint64_t i = 0; i < 2; i++) bench_send(&bench, id, i, "x");
    CHECK(bench_poll_until(&bench, &receiver_counts(bench.receiver)->held, 2));
    struct handle *mover = bench.loop->in_use, *stayer = mover->next;
    int port = bench.loop->sockets.entries[stayer->connection].port;
    char address[] = "127.0.0.1";
    CHECK_INT(fanfare_on_prerequest(mover, address, address, 1, port), CURL_PREREQFUNC_ABORT);
    no_connection_has_a_user_that_is_over(&bench);
    CHECK(bench.loop->sockets.entries[stayer->connection].user == stayer);
    receiver_release(bench.receiver);
    CHECK(bench_gather(&bench, 2, 5));
    no_connection_has_a_user_that_is_over(&bench);
    for (size_t i = 0; i < 2; i++) CHECK_INT(bench.outcomes[i].completion.http_status, 200);
    bench_close(&bench);
}

static void past_the_socket_limit_connections_fail_as_our_own_fault(void) {
    fanfare_loop_config config = {.max_sockets = 5};
    struct bench bench = bench_open_with(&config);
    uint32_t endpoint = bench_endpoint(&bench, "/hold");
    for (uint64_t i = 0; i < 8; i++) bench_send(&bench, endpoint, i, "x");
    CHECK(bench_gather(&bench, 3, 2));
    for (size_t i = 0; i < bench.count; i++) {
        CHECK_INT(bench.outcomes[i].completion.flags, FANFARE_LOCAL_FAILURE);
        CHECK_INT(bench.outcomes[i].completion.os_errno, EMFILE);
    }
    receiver_release(bench.receiver);
    CHECK(bench_gather(&bench, 5, 5));
    bench_close(&bench);
}

static void cancelling_tells_what_was_sent(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/hold");
    for (uint64_t i = 0; i < 50; i++) bench_send(&bench, endpoint, i, "x");
    CHECK(bench_poll_until(&bench, &receiver_counts(bench.receiver)->held, 50));
    bench_send(&bench, endpoint, 50, "never begun");
    fanfare_loop_cancel_all(bench.loop);
    CHECK(bench_gather(&bench, 51, 5));
    size_t sent = 0;
    for (size_t i = 0; i < bench.count; i++) {
        CHECK(has(&bench.outcomes[i], FANFARE_CANCELLED));
        bool written = has(&bench.outcomes[i], FANFARE_ANYTHING_WRITTEN);
        CHECK_INT(written, bench.outcomes[i].completion.token < 50);
        sent += written;
    }
    CHECK_INT(sent, 50);
    CHECK_INT(fanfare_loop_in_flight(bench.loop), 0);
    struct outcome after = bench_exchange(&bench, bench_endpoint(&bench, "/ok"), "x");
    CHECK(has(&after, FANFARE_ACCEPTED));
    bench_close(&bench);
}

static void a_busy_endpoint_stays(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/hold");
    bench_send(&bench, endpoint, 1, "x");
    CHECK_INT(fanfare_loop_remove_endpoint(bench.loop, endpoint), FANFARE_BUSY);
    receiver_release(bench.receiver);
    CHECK(bench_gather(&bench, 1, 5));
    CHECK_INT(fanfare_loop_remove_endpoint(bench.loop, endpoint), FANFARE_OK);
    CHECK_INT(fanfare_loop_remove_endpoint(bench.loop, endpoint), FANFARE_UNKNOWN_ENDPOINT);
    // Ids are not used again, their places are; the old connection outlives its endpoint and is found by the next.
    for (int i = 0; i < 50; i++) {
        uint32_t next = bench_endpoint(&bench, "/ok");
        CHECK(next != endpoint);
        struct outcome outcome = bench_exchange(&bench, next, "x");
        CHECK(has(&outcome, FANFARE_ACCEPTED));
        CHECK_INT(fanfare_loop_remove_endpoint(bench.loop, next), FANFARE_OK);
    }
    CHECK_INT(receiver_counts(bench.receiver)->connections, 1);
    bench_close(&bench);
}

static void destroying_a_busy_loop_leaks_nothing(void) {
    struct receiver *receiver = receiver_start();
    fanfare_address_range loopback = {.address = {127}, .prefix = 8};
    fanfare_loop *loop = NULL;
    CHECK_INT(fanfare_loop_create(&(fanfare_loop_config){.allowed = &loopback, .allowed_count = 1}, &loop), FANFARE_OK);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/hold", receiver_port(receiver));
    uint32_t endpoint = 0;
    CHECK_INT(fanfare_loop_add_endpoint(
        loop, &(fanfare_endpoint_config){.url = url, .method = "POST"}, &endpoint), FANFARE_OK);
    for (uint64_t i = 0; i < 100; i++) {
        size_t accepted = 0;
        fanfare_loop_submit(loop, &(fanfare_request){.token = i, .endpoint = endpoint}, 1, &accepted);
    }
    fanfare_completion completion;
    size_t count = 0;
    CHECK_INT(fanfare_loop_poll(loop, &completion, 1, 50, &count), FANFARE_OK);
    fanfare_loop_destroy(loop);
    CHECK(receiver_await(&receiver_counts(receiver)->open, 0, true));
    receiver_stop(receiver);
    fanfare_loop_destroy(NULL);
}

// What epoll's or libcurl's own failure does: everything in flight is told, and nothing more is taken in.
static void a_poisoned_loop_completes_everything(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/hold");
    for (uint64_t i = 0; i < 200; i++) bench_send(&bench, endpoint, i, "x");
    CHECK(bench_poll_until(&bench, &receiver_counts(bench.receiver)->held, 200));
    int epoll = bench.loop->sockets.epoll;
    bench.loop->sockets.epoll = -1;
    CHECK(bench_gather(&bench, 200, 5));
    bench.loop->sockets.epoll = epoll;
    for (size_t i = 0; i < bench.count; i++) {
        CHECK(has(&bench.outcomes[i], FANFARE_LOCAL_FAILURE | FANFARE_ANYTHING_WRITTEN));
        CHECK(bench.outcomes[i].completion.multi_code != 0);
        CHECK(bench.outcomes[i].completion.curl_code != 0);
    }
    fanfare_completion completion;
    size_t count = 0;
    CHECK_INT(fanfare_loop_poll(bench.loop, &completion, 1, 0, &count), FANFARE_POISONED);
    CHECK_INT(fanfare_loop_submit(bench.loop, &(fanfare_request){.endpoint = endpoint}, 1, &count), FANFARE_POISONED);
    bench_close(&bench);
}

void turn_tests(void) {
    RUN(one_that_hangs_leaves_places_for_others);
    RUN(what_waits_is_recalled_and_what_has_begun_is_not);
    RUN(what_is_recalled_was_never_sent);
    RUN(several_that_hang_share_the_places);
    RUN(connecting_ends_by_its_own_time_out_and_frees_its_place);
    RUN(no_more_connections_are_made_at_a_time_than_allowed);
    RUN(no_multi_has_more_than_its_share_of_connections);
    RUN(a_hundred_quiet_endpoints_keep_their_connections);
    RUN(a_connection_that_was_not_closed_after_all_counts_again);
    RUN(a_request_that_changes_connections_leaves_nothing_of_itself_behind);
    RUN(past_the_socket_limit_connections_fail_as_our_own_fault);
    RUN(cancelling_tells_what_was_sent);
    RUN(a_busy_endpoint_stays);
    RUN(destroying_a_busy_loop_leaks_nothing);
    RUN(a_poisoned_loop_completes_everything);
}
