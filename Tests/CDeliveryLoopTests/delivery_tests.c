// What arrives and what comes back when nothing goes wrong.
#define _GNU_SOURCE
#include "tests.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

static void delivers_once_with_a_full_record(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/ok");
    struct outcome first = bench_exchange(&bench, endpoint, "{\"a\":1}");
    CHECK_INT(first.completion.http_status, 200);
    CHECK_INT(first.completion.curl_code, 0);
    CHECK_INT(first.completion.endpoint, endpoint);
    CHECK_INT(first.completion.retry_after_s, -1);
    CHECK_INT(first.completion.flags,
        FANFARE_ANYTHING_WRITTEN | FANFARE_REQUEST_SENT | FANFARE_STATUS_ARRIVED | FANFARE_ACCEPTED);
    CHECK(strcmp(first.excerpt, "ok") == 0);
    CHECK(first.completion.location == NULL);
    CHECK(first.completion.connect_us > 0);
    CHECK(first.completion.tls_us == 0);
    CHECK(first.completion.first_byte_us >= first.completion.connect_us);
    CHECK(first.completion.total_us >= first.completion.first_byte_us);
    CHECK_INT(first.completion.bytes_down, strlen("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    CHECK(first.completion.bytes_up > strlen("POST /ok HTTP/1.1\r\n") + 7);
    struct outcome second = bench_exchange(&bench, endpoint, "{\"a\":2}");
    CHECK(has(&second, FANFARE_CONNECTION_REUSED | FANFARE_ACCEPTED));
    CHECK_INT(second.completion.connect_us, 0);
    CHECK_INT(receiver_counts(bench.receiver)->requests, 2);
    CHECK_INT(receiver_counts(bench.receiver)->body_bytes, 14);
    CHECK_INT(receiver_counts(bench.receiver)->connections, 1);
    bench_close(&bench);
}

static void sends_only_headers_that_say_something(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/echo");
    const char headers[] = "X-One: 1\0Content-Type: text/plain";
    fanfare_request request = {
        .token = 1, .endpoint = endpoint, .headers = headers, .headers_length = sizeof headers,
        .body = (const uint8_t *)"abc", .body_length = 3,
    };
    bench_send_request(&bench, request);
    CHECK(bench_gather(&bench, 1, 5));
    char expected[256];
    snprintf(expected, sizeof expected,
        "POST /echo HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
        "X-One: 1\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n%s\r\n",
        receiver_port(bench.receiver), bench_user_agent ? "User-Agent: test HTTP/1.1\r\n" : "");
    CHECK(strcmp(bench.outcomes[0].excerpt, expected) == 0);
    bench_close(&bench);
}

static void empty_headers_arrive_empty(void) {
    struct bench bench = bench_open();
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/echo", receiver_port(bench.receiver));
    const char *const constant[] = {"X-Constant;", "Accept;"};
    fanfare_endpoint_config config = {.url = url, .method = "POST", .headers = constant, .header_count = 2};
    uint32_t endpoint = 0;
    CHECK_INT(fanfare_loop_add_endpoint(bench.loop, &config, &endpoint), FANFARE_OK);
    const char own[] = "X-Own;\0X-Two: 2";
    bench_send_request(&bench, (fanfare_request){
        .endpoint = endpoint, .headers = own, .headers_length = sizeof own});
    CHECK(bench_gather(&bench, 1, 5));
    CHECK(strstr(bench.outcomes[0].excerpt, "\r\nX-Own:\r\nX-Two: 2\r\nX-Constant:\r\nAccept:\r\n") != NULL);
    bench_close(&bench);
}

// The whole head, written by the loop or by libcurl, in the order that `fanfare_writes_head` promises.
static void the_user_agent_is_the_last_header(void) {
    struct bench bench = bench_open();
    char url[64], expected[512];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/echo?a=1", receiver_port(bench.receiver));
    static const char *const methods[] = {"POST", "GET", "DELETE"};
    const char *const constant[] = {"X-Constant: c", "X-Empty;", "X-Blank: "};
    const char own[] = "X-Own;\0X-Two: 2\0X-Gone:\t";
    for (size_t i = 0; i < 3; i++) {
        fanfare_endpoint_config config = {
            .url = url, .method = methods[i], .headers = constant, .header_count = 3, .user_agent = "agent/1"};
        CHECK(fanfare_writes_head(&config));
        bool is_get = strcmp(methods[i], "GET") == 0;
        uint32_t endpoint = 0;
        CHECK_INT(fanfare_loop_add_endpoint(bench.loop, &config, &endpoint), FANFARE_OK);
        bench_send_request(&bench, (fanfare_request){.endpoint = endpoint, .headers = own, .headers_length = sizeof own,
            .body = (const uint8_t *)"0123456789", .body_length = is_get ? 0 : 10});
        CHECK(bench_gather(&bench, 1, 5));
        snprintf(expected, sizeof expected,
            "%s /echo?a=1 HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nX-Own:\r\nX-Two: 2\r\nX-Constant: c\r\nX-Empty:\r\n"
            "%sUser-Agent: agent/1 HTTP/1.1\r\n\r\n",
            methods[i], receiver_port(bench.receiver), is_get ? "" : "Content-Length: 10\r\n");
        CHECK(strcmp(bench.outcomes[0].excerpt, expected) == 0);
    }
    fanfare_endpoint_config proxied = {.url = url, .method = "POST", .user_agent = "agent/1", .proxy = "http://p.test:1"};
    CHECK(!fanfare_writes_head(&proxied));
    fanfare_endpoint_config second = {.url = url, .method = "POST", .user_agent = "agent/1", .offers_http2 = true};
    CHECK(!fanfare_writes_head(&second));
    bench_close(&bench);
}

static void each_method_reaches_the_receiver(void) {
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", "GET"};
    struct bench bench = bench_open();
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/echo", receiver_port(bench.receiver));
    for (size_t i = 0; i < 5; i++) {
        fanfare_endpoint_config config = {.url = url, .method = methods[i]};
        uint32_t endpoint = 0;
        CHECK_INT(fanfare_loop_add_endpoint(bench.loop, &config, &endpoint), FANFARE_OK);
        bool is_get = strcmp(methods[i], "GET") == 0;
        struct outcome outcome = bench_exchange(&bench, endpoint, is_get ? "" : "body");
        CHECK(strncmp(outcome.excerpt, methods[i], strlen(methods[i])) == 0);
        CHECK((strstr(outcome.excerpt, "Content-Length: 4") != NULL) == !is_get);
    }
    bench_close(&bench);
}

static void requests_have_urls_of_their_own(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/ok?a=constant");
    static const char *const rows[][2] = {
        {"/echo?x=1%202", "POST /echo?x=1%202 HTTP/1.1\r\n"},
        {"/echo/../a", "POST /echo/../a HTTP/1.1\r\n"},
        {"/echo#fragment", "POST /echo HTTP/1.1\r\n"},
        {"/echo", "POST /echo HTTP/1.1\r\n"},
    };
    for (size_t i = 0; i < 4; i++) {
        char url[128];
        int length = snprintf(url, sizeof url, "http://127.0.0.1:%u%s", receiver_port(bench.receiver), rows[i][0]);
        fanfare_request request = {.endpoint = endpoint, .url = url, .url_length = (size_t)length};
        bench_send_request(&bench, request);
        CHECK(bench_gather(&bench, 1, 5));
        CHECK(strncmp(bench.outcomes[0].excerpt, rows[i][1], strlen(rows[i][1])) == 0);
    }
    // Without a URL the endpoint's is used again, not the last one.
    struct outcome constant = bench_exchange(&bench, endpoint, "");
    CHECK(strcmp(constant.excerpt, "ok") == 0);
    // A bare query stands after a slash.
    char url[128];
    int length = snprintf(url, sizeof url, "http://127.0.0.1:%u?q", receiver_port(bench.receiver));
    bench_send_request(&bench, (fanfare_request){.endpoint = endpoint, .url = url, .url_length = (size_t)length});
    CHECK(bench_gather(&bench, 1, 5));
    CHECK_INT(bench.outcomes[0].completion.http_status, 200);
    bench_close(&bench);
}

static void urls_begin_as_their_endpoint_is_spelled(void) {
    struct bench bench = bench_open();
    char base[64], other[64], url[128];
    snprintf(base, sizeof base, "HTTP://127.0.0.1:0%u", receiver_port(bench.receiver));
    snprintf(other, sizeof other, "http://127.0.0.1:%u", receiver_port(bench.receiver));
    uint32_t endpoint = bench_endpoint_at(&bench, base);
    const char *const bases[] = {base, other};
    for (size_t i = 0; i < 2; i++) {
        int length = snprintf(url, sizeof url, "%s/ok?own", bases[i]);
        bench_send_request(&bench, (fanfare_request){.endpoint = endpoint, .url = url, .url_length = (size_t)length});
        CHECK(bench_gather(&bench, 1, 5));
        CHECK_INT(bench.outcomes[0].completion.http_status, i == 0 ? 200 : 0);
        CHECK_INT(has(&bench.outcomes[0], FANFARE_REJECTED), i == 1);
    }
    // Without a port, and with a name: addresses are the caller's to give, the spelling is not changed by that.
    uint32_t named = bench_endpoint_at(&bench, "https://SMS.Example.com");
    const char own[] = "https://SMS.Example.com/v2?ref=1";
    bench_send_request(&bench, (fanfare_request){.endpoint = named, .url = own, .url_length = sizeof own - 1});
    CHECK(bench_gather(&bench, 1, 5));
    CHECK_INT(bench.outcomes[0].completion.flags, FANFARE_LOCAL_FAILURE); // no address yet: it was not rejected
    bench_close(&bench);
}

static void a_thousand_are_in_flight_at_once(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/hold");
    char body[64];
    for (uint64_t token = 0; token < 1000; token++) {
        snprintf(body, sizeof body, "token %lu", (unsigned long)token);
        bench_send(&bench, endpoint, token, body);
    }
    CHECK_INT(fanfare_loop_in_flight(bench.loop), 1000);
    CHECK(bench_poll_until(&bench, &receiver_counts(bench.receiver)->held, 1000));
    receiver_release(bench.receiver);
    CHECK(bench_gather(&bench, 1000, 10));
    static unsigned char seen[1000];
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < bench.count; i++) {
        seen[bench.outcomes[i].completion.token]++;
        CHECK(has(&bench.outcomes[i], FANFARE_ACCEPTED));
    }
    for (size_t i = 0; i < 1000; i++) CHECK_INT(seen[i], 1);
    CHECK_INT(receiver_counts(bench.receiver)->connections, 1000);
    // All of them again: each finds a connection.
    for (uint64_t token = 0; token < 1000; token++) bench_send(&bench, endpoint, token, "again");
    CHECK(bench_gather(&bench, 1000, 10));
    CHECK_INT(receiver_counts(bench.receiver)->connections, 1000);
    bench_close(&bench);
}

// Bodies of all sizes around libcurl's own borders (64 KiB apart from the headers, 1 MiB Expect), byte for byte.
static void bodies_of_any_size_arrive_whole(void) {
    static const size_t sizes[] = {0, 1, 16383, 16384, 65535, 65536, 65537, 1048575, 1048576, 5000000};
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/ok");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned long before = receiver_counts(bench.receiver)->body_bytes;
        uint8_t *body = malloc(sizes[i] + 1);
        for (size_t b = 0; b < sizes[i]; b++) body[b] = (uint8_t)(b * 31 + i);
        bench_send_request(&bench, (fanfare_request){.endpoint = endpoint, .body = body, .body_length = sizes[i]});
        free(body);
        double began = seconds_now();
        CHECK(bench_gather(&bench, 1, 10));
        CHECK(seconds_now() - began < 0.9); // no wait for "100 Continue"
        CHECK(has(&bench.outcomes[0], FANFARE_ACCEPTED | FANFARE_REQUEST_SENT));
        CHECK(bench.outcomes[0].completion.bytes_up >= sizes[i]);
        CHECK_INT(receiver_counts(bench.receiver)->body_bytes - before, sizes[i]);
    }
    bench_close(&bench);
}

static void each_request_keeps_its_own_body_and_headers(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/ok");
    unsigned seed = 7;
    enum { COUNT = 2000 };
    for (uint64_t token = 0; token < COUNT; token++) {
        char body[4096], header[64];
        int length = snprintf(body, sizeof body, "mark-%lu-%d", (unsigned long)token, rand_r(&seed));
        int header_length = snprintf(header, sizeof header, "X-Check: %s", body) + 1;
        memset(body + length, 'x', sizeof body - (size_t)length);
        bench_send_request(&bench, (fanfare_request){
            .token = token, .endpoint = endpoint, .headers = header, .headers_length = (size_t)header_length,
            .body = (uint8_t *)body, .body_length = (size_t)length + (size_t)rand_r(&seed) % 3000,
        });
        memset(body, '?', sizeof body);
    }
    CHECK(bench_gather(&bench, COUNT, 20));
    CHECK_INT(receiver_counts(bench.receiver)->requests, COUNT);
    CHECK_INT(receiver_counts(bench.receiver)->mismatches, 0);
    bench_close(&bench);
}

static void capacity_of_one_hands_out_all(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/ok");
    for (uint64_t token = 0; token < 50; token++) bench_send(&bench, endpoint, token, "x");
    uint64_t sum = 0;
    for (int i = 0; i < 50; i++) {
        fanfare_completion completion;
        size_t count = 0;
        CHECK_INT(fanfare_loop_poll(bench.loop, &completion, 1, 5000, &count), FANFARE_OK);
        CHECK_INT(count, 1);
        CHECK(count == 1 && completion.excerpt_length == 2 && memcmp(completion.excerpt, "ok", 2) == 0);
        sum += completion.token;
    }
    CHECK_INT(sum, 49 * 50 / 2);
    bench_close(&bench);
}

static void submit_takes_no_more_than_the_limit(void) {
    fanfare_loop_config config = {.max_in_flight = 10};
    struct bench bench = bench_open_with(&config);
    uint32_t endpoint = bench_endpoint(&bench, "/ok");
    fanfare_request requests[25] = {0};
    for (size_t i = 0; i < 25; i++) requests[i] = (fanfare_request){.token = i, .endpoint = endpoint};
    size_t taken = 0;
    while (taken < 25) {
        size_t accepted = 0;
        CHECK_INT(fanfare_loop_submit(bench.loop, requests + taken, 25 - taken, &accepted), FANFARE_OK);
        CHECK_INT(accepted, 25 - taken < 10 ? 25 - taken : 10);
        taken += accepted;
        CHECK(bench_gather(&bench, accepted, 5));
    }
    bench_close(&bench);
}

static void *wake_later(void *waker) {
    struct timespec pause = {.tv_nsec = 50000000};
    nanosleep(&pause, NULL);
    fanfare_waker_wake(waker);
    return NULL;
}

static void another_thread_wakes_the_poll(void) {
    struct bench bench = bench_open();
    fanfare_waker *waker = NULL;
    CHECK_INT(fanfare_waker_create(bench.loop, &waker), FANFARE_OK);
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, wake_later, waker), 0);
    fanfare_completion completion;
    size_t count = 9;
    double began = seconds_now();
    CHECK_INT(fanfare_loop_poll(bench.loop, &completion, 1, -1, &count), FANFARE_OK);
    CHECK_INT(count, 0);
    CHECK(seconds_now() - began < 5);
    pthread_join(thread, NULL);
    // Many wakes are one; used before the poll they end it at once.
    for (int i = 0; i < 1000; i++) fanfare_waker_wake(waker);
    CHECK_INT(fanfare_loop_poll(bench.loop, &completion, 1, 5000, &count), FANFARE_OK);
    began = seconds_now();
    CHECK_INT(fanfare_loop_poll(bench.loop, &completion, 1, 60, &count), FANFARE_OK);
    CHECK(seconds_now() - began >= 0.055);
    bench_close(&bench);
    fanfare_waker_wake(waker); // wakes nobody, harms nobody
    fanfare_waker_destroy(waker);
}

void delivery_tests(void) {
    RUN(delivers_once_with_a_full_record);
    RUN(sends_only_headers_that_say_something);
    RUN(empty_headers_arrive_empty);
    RUN(the_user_agent_is_the_last_header);
    RUN(each_method_reaches_the_receiver);
    RUN(requests_have_urls_of_their_own);
    RUN(urls_begin_as_their_endpoint_is_spelled);
    RUN(a_thousand_are_in_flight_at_once);
    RUN(bodies_of_any_size_arrive_whole);
    RUN(each_request_keeps_its_own_body_and_headers);
    RUN(capacity_of_one_hands_out_all);
    RUN(submit_takes_no_more_than_the_limit);
    RUN(another_thread_wakes_the_poll);
}
