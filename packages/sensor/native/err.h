#pragma once

#include <stdarg.h>

/** What failed, for people. `code` is a positive errno, or 0 for a mistake on the command line. */
struct err {
    int code;
    char text[512];
};

/**
 * Fills `err` with a message, followed by the text of `code` when that is not 0.
 * Returns the negative code (-EINVAL for 0), for `return err_set(...)`.
 */
__attribute__((format(printf, 3, 4))) int err_set(struct err *err, int code, const char *format, ...);
