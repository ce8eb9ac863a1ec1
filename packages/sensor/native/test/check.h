#pragma once

#include <stdio.h>
#include <stdlib.h>

/** Ends the test with the place and the condition that does not hold. */
#define CHECK(condition)                                                                                              \
    do {                                                                                                              \
        if (!(condition)) {                                                                                           \
            fprintf(stderr, "%s:%d: %s: does not hold: %s\n", __FILE__, __LINE__, __func__, #condition);              \
            exit(1);                                                                                                  \
        }                                                                                                             \
    } while (0)

/* One a file; called by test_main.c. */
void test_join_message(void);
void test_options(void);
void test_path(void);
void test_lookup(void);
void test_unique(void);
void test_frame(void);
void test_record(void);
void test_proc(void);
void test_socket(void);
void test_filter(void);
void test_calls(void);
void test_process(void);

/** Writes the golden frames of PROTOCOL.md as hex, one a line behind its name. */
void print_golden_frames(void);
