#pragma once

#include <signal.h>

#include "err.h"
#include "observer.h"

/**
 * Asks fanotify to be told of every file that is opened or executed below the mounts of this namespace before that goes
 * on. Needs CAP_SYS_ADMIN. Fills `group`; when it cannot, `err` gives both reasons: `why` there is no listener, and its
 * own.
 */
int file_watch_open(int *group, const struct err *why, struct err *err);

/** Writes what is opened and executed, until `ended` is set. */
void file_watch_serve(struct observer *observer, int group, const volatile sig_atomic_t *ended);
