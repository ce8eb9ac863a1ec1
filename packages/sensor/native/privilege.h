#pragma once

#include "options.h"

/**
 * Makes the calling process what the container's runtime would have made it: owner of its standard streams,
 * user and groups, capability sets. What the options do not name stays.
 */
int privilege_become(const struct options *options, struct err *err);
