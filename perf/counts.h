// What the receiver counts.
#ifndef COUNTS_H
#define COUNTS_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

struct counts {
    uint64_t requests, repeats, without_id, answers_by_class[6], closed_unanswered, accepted;
    uint64_t signatures_good, signatures_bad;  // bad: wrong or missing; neither counts unless they are checked
    size_t open_now, open_peak, held_peak;
};

// The counts as a line of JSON, with the CPU time used so far. Returns its length.
static int counts_as_json(const struct counts *counts, size_t distinct_ids, size_t held, char *text, size_t room) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    uint64_t seconds = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec);
    uint64_t microseconds = (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    const uint64_t *answers = counts->answers_by_class;
    return snprintf(
        text, room,
        "{\"requests\": %lu, \"distinct_ids\": %zu, \"repeats\": %lu, \"without_id\": %lu, \"answered_2xx\": %lu, "
        "\"answered_3xx\": %lu, \"answered_4xx\": %lu, \"answered_5xx\": %lu, \"closed_unanswered\": %lu, "
        "\"connections_accepted\": %lu, \"connections_open\": %zu, \"connections_peak\": %zu, \"held\": %zu, "
        "\"held_peak\": %zu, \"signatures_good\": %lu, \"signatures_bad\": %lu, \"cpu_us\": %lu}\n",
        counts->requests, distinct_ids, counts->repeats, counts->without_id, answers[2], answers[3], answers[4],
        answers[5], counts->closed_unanswered, counts->accepted, counts->open_now, counts->open_peak, held,
        counts->held_peak, counts->signatures_good, counts->signatures_bad, seconds * 1000000 + microseconds);
}
#endif
