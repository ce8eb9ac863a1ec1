#pragma once

#include "supervisor.h"

/** The place of one supervisor, which the guardian fills again when it was killed. */
struct seat {
    struct watch watch;
    pid_t supervisor;
    unsigned deaths;
};

/** Starts a supervisor in the seat; `shares_files`: it is to see the listener that the launcher will open. */
int seat_fill(struct seat *seat, bool shares_files);

/**
 * A supervisor ended with a status of wait(2). Returns whether the seat is to be kept: then what it was about was
 * answered, its loss was written, and another was started.
 */
bool seat_refill(struct seat *seat, int status);
