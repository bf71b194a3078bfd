// Receivers that refuse, reset, stall, lie, or talk too much.
#include "tests.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static void a_refusal_wrote_nothing(void) {
    struct bench bench = bench_open();
    struct receiver *gone = receiver_start();
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", receiver_port(gone));
    receiver_stop(gone);
    CHECK_INT(bench_exchange(&bench, bench_endpoint(&bench, "/ok"), "x").completion.http_version, 1);
    struct outcome outcome = bench_exchange(&bench, bench_endpoint_at(&bench, url), "x");
    CHECK_INT(outcome.completion.http_version, 0);
    CHECK_INT(outcome.completion.curl_code, 7); // CURLE_COULDNT_CONNECT
    CHECK_INT(outcome.completion.os_errno, ECONNREFUSED);
    CHECK_INT(outcome.completion.flags, 0);
    CHECK_INT(outcome.completion.http_status, 0);
    bench_close(&bench);
}

static void a_success_with_a_broken_body_is_a_success_with_a_warning(void) {
    static const char *const paths[] = {"/reset", "/half", "/big/70000"};
    struct bench bench = bench_open();
    for (size_t i = 0; i < 3; i++) {
        struct outcome outcome = bench_exchange(&bench, bench_endpoint(&bench, paths[i]), "x");
        CHECK(has(&outcome, FANFARE_ACCEPTED | FANFARE_BODY_WARNING | FANFARE_STATUS_ARRIVED));
        CHECK_INT(outcome.completion.http_status, 200);
        CHECK(outcome.completion.curl_code != 0);
        CHECK_INT(has(&outcome, FANFARE_RESPONSE_CUT), i == 2);
    }
    CHECK(strncmp(bench.outcomes[0].excerpt, "bbbb", 4) == 0);
    CHECK_INT(bench.outcomes[0].completion.excerpt_length, 1024);
    bench_close(&bench);
}

static void a_long_answer_within_the_cap_is_read_whole(void) {
    struct bench bench = bench_open();
    struct outcome outcome = bench_exchange(&bench, bench_endpoint(&bench, "/big/65000"), "x");
    CHECK_INT(outcome.completion.curl_code, 0);
    CHECK(outcome.completion.bytes_down > 65000);
    CHECK_INT(outcome.completion.excerpt_length, 1024);
    bench_close(&bench);
}

// Six bytes for each of the body's: what counts is what came, not what was there to be read at each turn.
static void an_answer_in_chunks_of_a_byte_is_read_whole(void) {
    struct bench bench = bench_open();
    struct outcome outcome = bench_exchange(&bench, bench_endpoint(&bench, "/crumbs/65000"), "x");
    CHECK_INT(outcome.completion.curl_code, 0);
    CHECK(!has(&outcome, FANFARE_RESPONSE_CUT));
    CHECK(outcome.completion.bytes_down > 65000);
    bench_close(&bench);
}

static void headers_without_end_are_cut(void) {
    struct bench bench = bench_open();
    struct outcome outcome = bench_exchange(&bench, bench_endpoint(&bench, "/headers"), "x");
    CHECK(has(&outcome, FANFARE_RESPONSE_CUT | FANFARE_STATUS_ARRIVED));
    CHECK(!has(&outcome, FANFARE_ACCEPTED));
    CHECK(outcome.completion.bytes_down < 70000);
    bench_close(&bench);
}

static void no_answer_ends_with_the_time_out(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/never");
    double began = seconds_now();
    bench_send_request(&bench, (fanfare_request){.endpoint = endpoint, .timeout_ms = 200,
        .body = (const uint8_t *)"x", .body_length = 1});
    CHECK(bench_gather(&bench, 1, 5));
    double took = seconds_now() - began;
    CHECK(took >= 0.19 && took < 1.5);
    struct outcome *outcome = &bench.outcomes[0];
    CHECK_INT(outcome->completion.curl_code, 28); // CURLE_OPERATION_TIMEDOUT
    CHECK(has(outcome, FANFARE_ANYTHING_WRITTEN | FANFARE_REQUEST_SENT));
    CHECK(!has(outcome, FANFARE_STATUS_ARRIVED));
    CHECK(outcome->completion.total_us >= 190000);
    bench_close(&bench);
}

static void a_first_request_closed_unanswered_was_sent(void) {
    struct bench bench = bench_open();
    struct outcome outcome = bench_exchange(&bench, bench_endpoint(&bench, "/silent"), "x");
    CHECK(has(&outcome, FANFARE_ANYTHING_WRITTEN | FANFARE_REQUEST_SENT));
    CHECK(!has(&outcome, FANFARE_STATUS_ARRIVED));
    CHECK(!has(&outcome, FANFARE_SECOND_SEND_PREVENTED));
    CHECK_INT(receiver_counts(bench.receiver)->requests, 1);
    bench_close(&bench);
}

// libcurl would send the body a second time by itself.
static void a_reused_connection_closed_unanswered_gets_no_second_body(void) {
    static const size_t sizes[] = {3, 100000};
    for (size_t i = 0; i < 2; i++) {
        struct bench bench = bench_open();
        uint32_t endpoint = bench_endpoint(&bench, "/once");
        struct outcome first = bench_exchange(&bench, endpoint, "abc");
        CHECK(has(&first, FANFARE_ACCEPTED));
        char *body = calloc(1, sizes[i] + 1);
        memset(body, 'q', sizes[i]);
        struct outcome second = bench_exchange(&bench, endpoint, body);
        free(body);
        CHECK(has(&second, FANFARE_SECOND_SEND_PREVENTED | FANFARE_ANYTHING_WRITTEN | FANFARE_REQUEST_SENT));
        CHECK(!has(&second, FANFARE_STATUS_ARRIVED));
        CHECK_INT(second.completion.http_status, 0);
        // Whatever is on its way arrives before this later request has been answered.
        struct outcome third = bench_exchange(&bench, endpoint, "abc");
        CHECK(has(&third, FANFARE_ACCEPTED));
        CHECK_INT(receiver_counts(bench.receiver)->requests, 3);
        CHECK_INT(receiver_counts(bench.receiver)->body_bytes, 6 + sizes[i]);
        bench_close(&bench);
    }
}

static void garbage_is_a_failure(void) {
    struct bench bench = bench_open();
    struct outcome outcome = bench_exchange(&bench, bench_endpoint(&bench, "/garbage"), "x");
    CHECK(outcome.completion.curl_code != 0);
    CHECK(!has(&outcome, FANFARE_STATUS_ARRIVED));
    CHECK(has(&outcome, FANFARE_ANYTHING_WRITTEN));
    bench_close(&bench);
}

static void interim_answers_and_trailers_are_not_the_answer(void) {
    struct bench bench = bench_open();
    struct outcome interim = bench_exchange(&bench, bench_endpoint(&bench, "/interim"), "x");
    CHECK_INT(interim.completion.http_status, 200);
    CHECK_INT(interim.completion.retry_after_s, -1);
    struct outcome chunked = bench_exchange(&bench, bench_endpoint(&bench, "/chunked"), "x");
    CHECK_INT(chunked.completion.http_status, 200);
    CHECK_INT(chunked.completion.curl_code, 0);
    CHECK_INT(chunked.completion.retry_after_s, -1);
    CHECK(strcmp(chunked.excerpt, "ok") == 0);
    bench_close(&bench);
}

static void an_answer_that_nobody_asked_for_is_nobody_s(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/twice");
    for (int i = 0; i < 30; i++) {
        struct outcome outcome = bench_exchange(&bench, endpoint, "x");
        CHECK(has(&outcome, FANFARE_SECOND_SEND_PREVENTED) || outcome.completion.http_status == 200);
        CHECK(!has(&outcome, FANFARE_SECOND_SEND_PREVENTED | FANFARE_ANYTHING_WRITTEN));
        // Half of them while the loop looks at its sockets, half while it does not.
        if (i % 2 == 0) CHECK(!bench_gather(&bench, 1, 0.01));
        else poll(NULL, 0, 10);
    }
    CHECK(receiver_counts(bench.receiver)->connections > 1);
    bench_close(&bench);
}

static void redirects_are_shown_and_not_followed(void) {
    struct bench bench = bench_open();
    struct outcome outcome =
        bench_exchange(&bench, bench_endpoint(&bench, "/status/302?Location:+/elsewhere?key=secret"), "x");
    CHECK_INT(outcome.completion.http_status, 302);
    CHECK(strcmp(outcome.location, "/elsewhere") == 0);
    CHECK(!has(&outcome, FANFARE_ACCEPTED));
    CHECK_INT(receiver_counts(bench.receiver)->requests, 1);
    bench_close(&bench);
}

static void an_early_answer_counts(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/early");
    size_t size = 20000000;
    uint8_t *body = calloc(1, size);
    bench_send_request(&bench, (fanfare_request){.endpoint = endpoint, .body = body, .body_length = size});
    free(body);
    CHECK(bench_gather(&bench, 1, 10));
    CHECK_INT(bench.outcomes[0].completion.http_status, 200);
    CHECK(has(&bench.outcomes[0], FANFARE_ACCEPTED | FANFARE_ANYTHING_WRITTEN));
    bench_close(&bench);
}

// The kernel hands a closed descriptor's number out again at once: old events must not reach the new connection.
static void descriptors_used_anew_are_told_apart(void) {
    struct bench bench = bench_open();
    uint32_t closing = bench_endpoint(&bench, "/bye"), resetting = bench_endpoint(&bench, "/reset");
    uint32_t fine = bench_endpoint(&bench, "/ok");
    bool done = true;
    for (int round = 0; round < 20 && done; round++) {
        for (uint64_t i = 0; i < 90; i++) {
            uint32_t endpoint = i % 3 == 0 ? closing : i % 3 == 1 ? resetting : fine;
            bench_send(&bench, endpoint, i, "x");
        }
        CHECK(done = bench_gather(&bench, 90, 10));
        for (size_t i = 0; i < bench.count; i++) {
            struct outcome *outcome = &bench.outcomes[i];
            // A closed connection may be met just then: that is seen, and nothing else goes wrong.
            CHECK(has(outcome, FANFARE_ACCEPTED) || has(outcome, FANFARE_SECOND_SEND_PREVENTED));
        }
    }
    bench_close(&bench);
}

static void connections_closed_while_idle_cost_nothing_and_are_not_counted_on(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/ok");
    for (uint64_t i = 0; i < 100; i++) bench_send(&bench, endpoint, i, "x");
    CHECK(bench_gather(&bench, 100, 5));
    receiver_drop_all(bench.receiver);
    CHECK(receiver_await(&receiver_counts(bench.receiver)->open, 0, true));
    double cpu = thread_cpu_seconds();
    CHECK(!bench_gather(&bench, 1, 0.5));
    CHECK(thread_cpu_seconds() - cpu < 0.1);
    for (uint64_t i = 0; i < 100; i++) bench_send(&bench, endpoint, i, "x");
    CHECK(bench_gather(&bench, 100, 5));
    for (size_t i = 0; i < bench.count; i++) CHECK(has(&bench.outcomes[i], FANFARE_ACCEPTED));
    bench_close(&bench);
}

void failure_tests(void) {
    RUN(a_refusal_wrote_nothing);
    RUN(a_success_with_a_broken_body_is_a_success_with_a_warning);
    RUN(a_long_answer_within_the_cap_is_read_whole);
    RUN(an_answer_in_chunks_of_a_byte_is_read_whole);
    RUN(headers_without_end_are_cut);
    RUN(no_answer_ends_with_the_time_out);
    RUN(a_first_request_closed_unanswered_was_sent);
    RUN(a_reused_connection_closed_unanswered_gets_no_second_body);
    RUN(garbage_is_a_failure);
    RUN(interim_answers_and_trailers_are_not_the_answer);
    RUN(an_answer_that_nobody_asked_for_is_nobody_s);
    RUN(redirects_are_shown_and_not_followed);
    RUN(an_early_answer_counts);
    RUN(descriptors_used_anew_are_told_apart);
    RUN(connections_closed_while_idle_cost_nothing_and_are_not_counted_on);
}
