// What is read from answers, and what is refused from callers.
#define _GNU_SOURCE
#include "tests.h"

#include "internal.h"

static void retry_after_is_seconds_or_a_date(void) {
    const time_t now = 784111777; // Sun, 06 Nov 1994 08:49:37 GMT
    static const struct {
        const char *value;
        int32_t seconds;
    } rows[] = {
        {"0", 0}, {"120", 120}, {"007", 7}, {"2147483647", INT32_MAX}, {"2147483648", INT32_MAX},
        {"99999999999999999999999999", INT32_MAX},
        {"Sun, 06 Nov 1994 08:50:37 GMT", 60}, {"Sunday, 06-Nov-94 08:50:37 GMT", 60},
        {"Sun Nov  6 08:50:37 1994", 60}, {"Sun, 06 Nov 1994 08:49:37 GMT", 0}, {"Sat, 05 Nov 1994 08:49:37 GMT", 0},
        {"Fri, 31 Dec 9999 23:59:59 GMT", INT32_MAX},
        {"", -1}, {"-1", -1}, {"+1", -1}, {"1.5", -1}, {"1 2", -1}, {"soon", -1}, {"10s", -1}, {"0x10", -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT and then a very long text that is no date at all", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int32_t seconds = fanfare_parse_retry_after(rows[i].value, strlen(rows[i].value), now);
        if (seconds != rows[i].seconds) fprintf(stderr, "Retry-After \"%s\"\n", rows[i].value);
        CHECK_INT(seconds, rows[i].seconds);
    }
}

static void retry_after_comes_with_the_completion(void) {
    static const struct {
        const char *path;
        int32_t status, seconds;
    } rows[] = {
        {"/status/429?Retry-After:+7", 429, 7},
        {"/status/503?RETRY-AFTER:++30++", 503, 30},
        {"/status/503?retry-after:5", 503, 5},
        {"/status/503?Retry-After:+Sun,+06+Nov+1994+08:49:37+GMT", 503, 0},
        {"/status/503?Retry-After:+tomorrow", 503, -1},
        {"/status/503?X-Retry-After:+5", 503, -1},
        {"/status/410", 410, -1},
    };
    struct bench bench = bench_open();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome outcome = bench_exchange(&bench, bench_endpoint(&bench, rows[i].path), "x");
        CHECK_INT(outcome.completion.http_status, rows[i].status);
        CHECK_INT(outcome.completion.retry_after_s, rows[i].seconds);
        CHECK_INT(outcome.completion.curl_code, 0);
        CHECK(!has(&outcome, FANFARE_ACCEPTED));
        CHECK(strcmp(outcome.excerpt, "body") == 0);
    }
    bench_close(&bench);
}

// What a Location becomes; to be freed.
static char *shown_location(const char *value) {
    struct slot slot = {0};
    struct slot *user = &slot;
    char status[] = "HTTP/1.1 302 Found\r\n", line[1024];
    fanfare_on_header(status, 1, sizeof status - 1, &user);
    int length = snprintf(line, sizeof line, "Location: %s\r\n", value);
    CHECK_INT(fanfare_on_header(line, 1, (size_t)length, &user), length);
    char *shown = slot.excerpt ? strndup((char *)slot.excerpt + EXCERPT_CAP, slot.location_length) : strdup("none");
    free(slot.excerpt);
    return shown;
}

static void a_location_is_fit_to_be_shown(void) {
    static const char *const rows[][2] = {
        {"/elsewhere", "/elsewhere"},
        {"https://new.test:8443/hook?token=secret", "https://new.test:8443/hook"},
        {"https://new.test?token=a/b", "https://new.test"},
        {"https://new.test/hook#secret", "https://new.test/hook"},
        {"https://mailer:secret@new.test/a@b", "https://new.test/a@b"},
        {"https://mailer:sec@ret@new.test", "https://new.test"},
        {"https://@", "https://"},
        {"https://new.test/\x1b[31m\xc3\xa9\x7f x", "https://new.test/.[31m....x"},
        {"?secret", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *shown = shown_location(rows[i][0]);
        if (strcmp(shown, rows[i][1]) != 0) fprintf(stderr, "Location \"%s\": \"%s\"\n", rows[i][0], shown);
        CHECK(strcmp(shown, rows[i][1]) == 0);
        free(shown);
    }
    char longest[900];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = 0;
    char *shown = shown_location(longest);
    CHECK_INT(strlen(shown), LOCATION_CAP);
    free(shown);
}

static void malformed_requests_are_rejected_unsent(void) {
    struct bench bench = bench_open();
    uint32_t endpoint = bench_endpoint(&bench, "/ok");
    static const struct {
        const char *bytes;
        size_t length;
    } headers[] = {
        {"A: b\r\nC: d", 11}, {"A: b\nC: d", 10}, {"A b", 4}, {": b", 4}, {"A : b", 6}, {"A: \x01", 5},
        {"A: \x7f", 5}, {"A: b", 4 /* no NUL */}, {"", 1}, {"A: b\0", 6}, {"\xc3\xa9: b", 6}, {"A", 2},
        {";", 2}, {"A;b", 4}, {"A; ", 4}, {"A;: b", 6}, {"A ;", 4},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++, count++) {
        bench_send_request(&bench, (fanfare_request){
            .endpoint = endpoint, .headers = headers[i].bytes, .headers_length = headers[i].length});
    }
    char origin[64];
    snprintf(origin, sizeof origin, "http://127.0.0.1:%u", receiver_port(bench.receiver));
    static const char *const targets[] = {
        "/a b", "/a\r\nX: y", "/\xc3\xa9", "1/", "@evil.test/", ".evil.test/", "/\x7f",
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++, count++) {
        char url[128];
        int length = snprintf(url, sizeof url, "%s%s", origin, targets[i]);
        bench_send_request(&bench, (fanfare_request){
            .endpoint = endpoint, .url = url, .url_length = (size_t)length});
    }
    static const char *const others[] = {"https://127.0.0.1/", "/ok", "", "http://evil.test/", "HTTP://127.0.0.1/"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++, count++) {
        bench_send_request(&bench, (fanfare_request){
            .endpoint = endpoint, .url = others[i], .url_length = strlen(others[i])});
    }
    bench_send_request(&bench, (fanfare_request){.endpoint = endpoint + 1});
    count++;
    CHECK(bench_gather(&bench, count, 5));
    for (size_t i = 0; i < bench.count; i++) {
        if (bench.outcomes[i].completion.flags != FANFARE_REJECTED) fprintf(stderr, "row %zu\n", i);
        CHECK_INT(bench.outcomes[i].completion.flags, FANFARE_REJECTED);
        CHECK(bench.outcomes[i].completion.curl_code != 0);
    }
    CHECK_INT(receiver_counts(bench.receiver)->requests, 0);
    CHECK_INT(receiver_counts(bench.receiver)->connections, 0);
    bench_close(&bench);
}

static void malformed_endpoints_are_refused(void) {
    struct bench bench = bench_open();
    static const char *const urls[] = {
        "", "127.0.0.1", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http:///path", "http://user@host.test/",
        "http://user:secret@host.test/", "http://host.test:0x50/", "http://host.test:99999/", "http://ho st.test/",
        "http://host.test/\r\nX: y", "gopher://host.test/", "//host.test/", "http:host.test", "http://[::1/",
        "http://b\xc3\xbc.test/",
    };
    uint32_t endpoint = 0;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        fanfare_endpoint_config config = {.url = urls[i], .method = "POST"};
        fanfare_result result = fanfare_loop_add_endpoint(bench.loop, &config, &endpoint);
        if (result != FANFARE_INVALID_ARGUMENT) fprintf(stderr, "taken: %s\n", urls[i]);
        CHECK_INT(result, FANFARE_INVALID_ARGUMENT);
    }
    static const char *const methods[] = {"", "post", "HEAD", "CONNECT", "POST / HTTP/1.1\r\n"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        fanfare_endpoint_config config = {.url = "http://host.test/", .method = methods[i]};
        CHECK_INT(fanfare_loop_add_endpoint(bench.loop, &config, &endpoint), FANFARE_INVALID_ARGUMENT);
    }
    static const char *const headers[] = {"A: b\r\nC: d", "A b", "", ": x", "A; x", ";"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        fanfare_endpoint_config config = {
            .url = "http://host.test/", .method = "POST", .headers = &headers[i], .header_count = 1};
        CHECK_INT(fanfare_loop_add_endpoint(bench.loop, &config, &endpoint), FANFARE_INVALID_ARGUMENT);
    }
    static const char *const agents[] = {"", " ", "a\r\nB: c", "a\x7f"};
    for (size_t i = 0; i < sizeof agents / sizeof *agents; i++) {
        fanfare_endpoint_config config = {.url = "http://host.test/", .method = "POST", .user_agent = agents[i]};
        CHECK_INT(fanfare_loop_add_endpoint(bench.loop, &config, &endpoint), FANFARE_INVALID_ARGUMENT);
    }
    CHECK(bench.loop->origins == NULL);
    fanfare_address_range wide = {.prefix = 33};
    fanfare_loop *loop = NULL;
    fanfare_loop_config config = {.allowed = &wide, .allowed_count = 1};
    CHECK_INT(fanfare_loop_create(&config, &loop), FANFARE_INVALID_ARGUMENT);
    bench_close(&bench);
}

static void versions_are_there(void) {
    CHECK(strncmp(fanfare_curl_version(), "7.", 2) == 0 || strncmp(fanfare_curl_version(), "8.", 2) == 0);
    CHECK(strlen(fanfare_tls_version()) > 4);
}

void parsing_tests(void) {
    RUN(retry_after_is_seconds_or_a_date);
    RUN(retry_after_comes_with_the_completion);
    RUN(a_location_is_fit_to_be_shown);
    RUN(malformed_requests_are_rejected_unsent);
    RUN(malformed_endpoints_are_refused);
    RUN(versions_are_there);
}
