#pragma once

#include "observer.h"

/** What a notified call is answered with. */
struct answer {
    /** The kernel makes the call; otherwise it returns `error` (0 or a negative errno) and is not made. */
    bool go_on;
    int error;
};

/** The sensor's own, which no signal is to reach: the guardian, the application's supervisor, and the one that answers. */
struct own_processes {
    pid_t guardian;
    pid_t supervisor;
    pid_t self;
};

/**
 * Answers kill and its like, and pidfd_open, that are aimed at the sensor or at everyone. In a plain run there is no
 * sensor: it is not found, and what would kill or stop it is done in the caller's place to all others.
 */
struct answer kill_guard_answer(struct observer *observer, const struct event *event,
                                const struct own_processes *own);
