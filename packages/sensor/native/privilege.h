#pragma once

#include "options.h"

/**
 * Makes the calling process what the container's runtime would have made it: owner of its standard streams,
 * user and groups, capability sets. What the options do not name stays.
 */
int privilege_become(const struct options *options, struct err *err);

/** Whether a program of the container can come to have the capability: by the options, else by the present bounding set. */
bool privilege_can_be_had(const struct options *options, int capability);
