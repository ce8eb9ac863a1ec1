#pragma once

#include <stddef.h>

#include "err.h"

/**
 * Leaves a descriptor table that is shared and closes everything but `kept` (negative ones are skipped; at most 8): an
 * open pipe end would keep the application's readers waiting.
 */
int descriptors_keep(const int *kept, size_t count, struct err *err);
