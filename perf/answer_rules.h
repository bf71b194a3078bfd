// What the receiver answers: the statuses of shares of the requests, or one status for all while it is told so.
#ifndef ANSWER_RULES_H
#define ANSWER_RULES_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { RULES_MAX = 8 };

struct answer_rule {
    double share;
    int status, retry_after;  // retry_after: seconds, -1: none
};

struct answer_rules {
    struct answer_rule shares[RULES_MAX];
    int count;
    struct answer_rule forced;  // status 0: none
    double unanswered;          // the share of the requests whose connection is closed instead
    uint64_t random_state;
};

// splitmix64, scaled to 0 … 1.
static double random_unit(uint64_t *state) {
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

// Takes "SHARE:STATUS[:RETRY_AFTER]". Returns false when it is none, or one too many.
static bool answer_rules_add(struct answer_rules *rules, const char *text) {
    if (rules->count == RULES_MAX) return false;
    struct answer_rule *rule = &rules->shares[rules->count];
    rule->retry_after = -1;
    if (sscanf(text, "%lf:%d:%d", &rule->share, &rule->status, &rule->retry_after) < 2) return false;
    rules->count++;
    return true;
}

// Whether the next request is to have no answer.
static bool answer_rules_close(struct answer_rules *rules) {
    return rules->unanswered > 0 && random_unit(&rules->random_state) < rules->unanswered;
}

// The next answer: 200 without Retry-After where nothing else is said.
static struct answer_rule answer_rules_choose(struct answer_rules *rules) {
    if (rules->forced.status != 0) return rules->forced;
    double at = rules->count > 0 ? random_unit(&rules->random_state) : 1;
    for (int i = 0; i < rules->count; i++) {
        if (at < rules->shares[i].share) return rules->shares[i];
        at -= rules->shares[i].share;
    }
    return (struct answer_rule){.status = 200, .retry_after = -1};
}
#endif
