#pragma once

#include "observer.h"
#include "options.h"
#include "rendezvous.h"

/** What one supervisor watches. */
struct watch {
    const struct options *options;
    struct rendezvous *rendezvous;
    /** Its record is open. */
    struct observer *observer;
    /** Of a command that joined: its other end says when to observe. -1 for the application's supervisor. */
    int connection;
    /** The application's supervisor, for one that watches a command. */
    pid_t main_supervisor;
    /** The one before was killed: the record goes on. */
    bool again;
};

/** What the first frame of its record says. */
struct record_origin supervisor_origin(const struct watch *watch);

/**
 * A supervisor's life: waits for the listener, leaves the launcher's descriptor table, session and signals, unmounts
 * what is to be detached, and answers until nobody is left to ask. Returns 0 then; a negative errno, which the
 * rendezvous has too, when it could not begin.
 */
int supervisor_run(const struct watch *watch);
