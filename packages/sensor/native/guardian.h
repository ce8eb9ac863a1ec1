#pragma once

#include "observer.h"
#include "options.h"
#include "rendezvous.h"

/** What the guardian is made with. */
struct guardian_input {
    const struct options *options;
    struct rendezvous *rendezvous;
    /** With the record open; for the application's supervisor. */
    struct observer *observer;
    /** The process that becomes the application: the guardian's parent, or with `--sensor-first` its child. */
    pid_t application;
    /** Where commands join; -1 for nowhere. */
    int join_socket;
};

/**
 * Starts the application's supervisor, starts it anew when it is killed, and gives each command that joins one of its
 * own. With `--sensor-first` it is the init of the container: it reaps and passes signals on.
 * Returns the exit code when the application has ended, or in the other layout when nobody is watched any more.
 */
int guardian_run(const struct guardian_input *input);
