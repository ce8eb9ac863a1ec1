#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "process.h"

/** Values of `rendezvous.state`, in order. */
enum {
    RENDEZVOUS_WAITING,
    /** The sensor's processes are there, so that the filter can name them. */
    RENDEZVOUS_STARTED,
    /** The listener is there, or it is known that there will be none. */
    RENDEZVOUS_LISTENER,
    /** The guardian has its own descriptors. */
    RENDEZVOUS_GUARDED,
    /** The supervisor answers. */
    RENDEZVOUS_SERVED,
    /** What is asked for from now on is the application's. */
    RENDEZVOUS_ARMED,
    RENDEZVOUS_FAILED,
};

/** Memory that the application's launcher, the guardian and one supervisor share. */
struct rendezvous {
    _Atomic uint32_t state;
    pid_t guardian;
    _Atomic pid_t supervisor;
    /** -1 when there can be no filter: then `err` says why. */
    int listener;
    /** The notification that the supervisor received last, 0 for none. */
    _Atomic uint64_t last_id;
    /** End of the last whole frame of the record. */
    _Atomic uint64_t record_end;
    struct err err;
    /** Outlives a supervisor, so that the next attributes as this one did. */
    struct process_table processes;
};

/** Shared memory, all zero. NULL when there is none; never freed. */
struct rendezvous *rendezvous_make(void);

/** Sets the state and wakes who waits for it. */
void rendezvous_set(struct rendezvous *rendezvous, uint32_t state);

/** Sets the state to RENDEZVOUS_FAILED with a copy of `err`. Returns its negative code. */
int rendezvous_fail(struct rendezvous *rendezvous, const struct err *err);

/**
 * Waits until the state is `state` or a later one. Returns false when the other side ended before, which it asks
 * `is_other_gone` from time to time (NULL: it cannot).
 */
bool rendezvous_wait(struct rendezvous *rendezvous, uint32_t state, bool (*is_other_gone)(pid_t), pid_t other);
