#pragma once

#include "observer.h"

/** What a notified call is answered with. */
struct answer {
    /** The kernel makes the call; otherwise it returns `error` (0 or a negative errno) and is not made. */
    bool go_on;
    int error;
};

/**
 * Answers kill, tkill and tgkill that are aimed at the supervisor or at everyone. In a plain run there is no
 * supervisor: it is not found, and what would kill or stop it is done in the caller's place to all others.
 */
struct answer kill_guard_answer(struct observer *observer, const struct event *event);
