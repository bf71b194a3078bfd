// What a loop that inspects keeps of a transfer.
#define _GNU_SOURCE // memmem
#include "tests.h"

static struct bench bench_inspecting(bool connect_only) {
    struct bench bench = bench_open();
    CHECK_INT(fanfare_loop_inspect(bench.loop, connect_only), FANFARE_OK);
    return bench;
}

static void keeps_the_whole_answer(void) {
    struct bench bench = bench_inspecting(false);
    struct outcome outcome = bench_exchange(&bench, bench_endpoint(&bench, "/interim"), "{}");
    CHECK(has(&outcome, FANFARE_ACCEPTED));
    const fanfare_inspection *seen = fanfare_loop_inspection(bench.loop);
    CHECK(seen->headers_length > 0 && memcmp(seen->headers, "HTTP/1.1 100", 12) == 0);
    CHECK(memmem(seen->headers, seen->headers_length, "HTTP/1.1 200", 12) != NULL);
    CHECK(seen->body_length > 0);
    CHECK_INT(seen->http_version, 11);
    CHECK(strcmp(seen->address, "127.0.0.1") == 0);
    CHECK(seen->tls[0] == 0 && seen->error[0] == 0 && seen->certificates_length == 0);
    bench_close(&bench);
}

static void keeps_nothing_of_the_transfer_before(void) {
    struct bench bench = bench_inspecting(false);
    bench_exchange(&bench, bench_endpoint(&bench, "/big/1000"), "{}");
    CHECK_INT(fanfare_loop_inspection(bench.loop)->body_length, 1000);
    bench_exchange(&bench, bench_endpoint(&bench, "/silent"), "{}");
    const fanfare_inspection *seen = fanfare_loop_inspection(bench.loop);
    CHECK(seen->headers_length == 0 && seen->body_length == 0 && seen->http_version == 0);
    CHECK(seen->error[0] != 0);
    bench_close(&bench);
}

static void keeps_no_more_than_the_cap(void) {
    struct bench bench = bench_inspecting(false);
    struct outcome big = bench_exchange(&bench, bench_endpoint(&bench, "/big/200000"), "{}");
    CHECK(has(&big, FANFARE_RESPONSE_CUT));
    CHECK(fanfare_loop_inspection(bench.loop)->body_length <= 65536);
    struct outcome endless = bench_exchange(&bench, bench_endpoint(&bench, "/headers"), "{}");
    CHECK(has(&endless, FANFARE_RESPONSE_CUT));
    CHECK(fanfare_loop_inspection(bench.loop)->headers_length <= 65536);
    bench_close(&bench);
}

static void connects_and_sends_nothing(void) {
    struct bench bench = bench_inspecting(true);
    struct outcome outcome = bench_exchange(&bench, bench_endpoint(&bench, "/ok"), "{}");
    CHECK_INT(outcome.completion.curl_code, 0);
    CHECK_INT(outcome.completion.http_status, 0);
    CHECK_INT(receiver_counts(bench.receiver)->requests, 0);
    CHECK(receiver_await(&receiver_counts(bench.receiver)->connections, 1, false));
    bench_close(&bench);
}

static void keeps_nothing_unasked(void) {
    struct bench bench = bench_open();
    bench_exchange(&bench, bench_endpoint(&bench, "/ok"), "{}");
    CHECK(fanfare_loop_inspection(bench.loop) == NULL);
    bench_close(&bench);
}

static void parts_of_urls(void) {
    char host[64], target[64];
    CHECK_INT(fanfare_url_parts("http://0x7f.1:81/a?b", host, sizeof host, target, sizeof target), FANFARE_OK);
    CHECK(strcmp(host, "127.0.0.1:81") == 0 && strcmp(target, "/a?b") == 0);
    CHECK_INT(fanfare_url_parts("http://abc/", host, 3, target, sizeof target), FANFARE_OUT_OF_MEMORY);
    CHECK_INT(fanfare_url_parts("http://u:p@abc/", host, sizeof host, target, sizeof target),
        FANFARE_INVALID_ARGUMENT);
}

void inspection_tests(void) {
    RUN(keeps_the_whole_answer);
    RUN(keeps_nothing_of_the_transfer_before);
    RUN(keeps_no_more_than_the_cap);
    RUN(connects_and_sends_nothing);
    RUN(keeps_nothing_unasked);
    RUN(parts_of_urls);
}
