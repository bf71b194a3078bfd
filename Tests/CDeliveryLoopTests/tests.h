#pragma once

#include "harness.h"

void delivery_tests(void);
void failure_tests(void);
void policy_tests(void);
void turn_tests(void);
void parsing_tests(void);
void inspection_tests(void);
void watchdog_tests(void);
void memory_tests(void);

// Runs a test whose name contains the program's argument, if there is one, and tells how it went.
void run_test(const char *name, void (*test)(void));
#define RUN(test) run_test(#test, test)
