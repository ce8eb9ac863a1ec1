#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/** Who a thread is. */
struct identity {
    pid_t group;
    pid_t parent;
    /** Tells two threads of one number apart; compares only with marks that were read in the same way. */
    uint64_t mark;
};

/** How identities are read. All zero before the first. */
struct identity_source {
    /** The kernel does not tell by a pidfd; /proc/PID/stat does, for three times the time. */
    bool use_proc;
};

/** False when the thread is gone. */
bool identity_read(struct identity_source *source, pid_t tid, struct identity *identity);
