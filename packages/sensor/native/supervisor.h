#pragma once

#include <stdatomic.h>
#include <sys/types.h>

#include "options.h"
#include "observer.h"

/** Values of `rendezvous.state`, in order. */
enum {
    RENDEZVOUS_WAITING,
    /** The listener is there. */
    RENDEZVOUS_LISTENER,
    /** The supervisor answers. */
    RENDEZVOUS_SERVED,
    /** What is asked for from now on is the application's. */
    RENDEZVOUS_ARMED,
    RENDEZVOUS_FAILED,
};

/** Memory that the application's launcher and the supervisor share. */
struct rendezvous {
    _Atomic uint32_t state;
    int listener;
    struct err err;
};

/** Sets the state and wakes who waits for it. */
void rendezvous_set(struct rendezvous *rendezvous, uint32_t state);

/**
 * Waits until the state is `state` or a later one. Returns false when the other side ended before, which it asks
 * `is_other_gone` from time to time.
 */
bool rendezvous_wait(struct rendezvous *rendezvous, uint32_t state, bool (*is_other_gone)(pid_t), pid_t other);

/**
 * The supervisor's life: waits for the listener, leaves the launcher's descriptor table, session and signals,
 * unmounts what is to be detached, and answers until nobody is left to ask. `launcher` is its parent.
 */
int supervisor_run(struct observer *observer, const struct options *options, struct rendezvous *rendezvous,
                   pid_t launcher, struct err *err);
