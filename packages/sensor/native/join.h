#pragma once

#include "err.h"
#include "options.h"

/** A command's tie to the running sensor; the descriptor is closed on exec. */
struct join {
    int connection;
};

/**
 * Puts the calling process under a filter whose listener the sensor that runs in this container serves, and opens its
 * record. Returns a negative errno when there is none, or none of this version.
 */
int join_enter(struct join *join, const struct options *options, struct err *err);

/** What is asked for from now on is the command's. */
void join_arm(const struct join *join);
