#pragma once

#include "err.h"
#include "path.h"

/** Exit codes of what docker run does when the program cannot be started. */
enum {
    /** The sensor itself failed; the application was not started. */
    EXIT_SENSOR = 125,
    EXIT_NOT_EXECUTABLE = 126,
    EXIT_NOT_FOUND = 127,
    /** execve failed though the file was there: runc's own exit code (a missing interpreter, a wrong format). */
    EXIT_NOT_STARTED = 1,
};

/**
 * Finds the program as runc does: a name without a slash in PATH. Returns 0 with `path` as execve is to be
 * given it, else the negative errno and runc's message.
 */
int program_find(const char *name, struct path *path, struct err *err);

/** The exit code for an error of program_find. */
int program_exit_code(int error);
