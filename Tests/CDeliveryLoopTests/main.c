// The loop's own test program. An argument selects tests by a part of their names.
#include "tests.h"

#include <signal.h>
#include <sys/resource.h>

static const char *wanted;

void run_test(const char *name, void (*test)(void)) {
    if (wanted && !strstr(name, wanted)) return;
    unsigned before = failures;
    size_t descriptors = open_descriptors();
    double began = seconds_now();
    test();
    CHECK_INT(open_descriptors(), descriptors);
    printf("%s %s (%.0f ms)\n", failures == before ? "ok  " : "FAIL", name, (seconds_now() - began) * 1000);
    fflush(stdout);
}

static void all_tests(void) {
    delivery_tests();
    failure_tests();
    policy_tests();
    turn_tests();
    parsing_tests();
    inspection_tests();
    watchdog_tests();
    memory_tests();
}

int main(int count, char **arguments) {
    if (count > 1) wanted = arguments[1];
    signal(SIGPIPE, SIG_IGN);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
    setrlimit(RLIMIT_NOFILE, &limit);
    static const char *const agents[] = {NULL, "test"};
    for (size_t i = 0; i < 2; i++) {
        bench_user_agent = agents[i];
        printf("-- heads written by %s\n", bench_user_agent ? "the loop" : "libcurl");
        all_tests();
    }
    printf("%u checks, %u failures\n", checks, failures);
    return failures == 0 ? 0 : 1;
}
