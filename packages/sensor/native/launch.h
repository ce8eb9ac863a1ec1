#pragma once

#include "options.h"

/**
 * Starts the application in the calling process, with the guardian as its hidden child (or the other way round). Returns in the
 * application only when that failed, and in the guardian at its end; `exit_code` is then the process's, and
 * `err` has a message unless it is 0.
 */
int launch(const struct options *options, int *exit_code, struct err *err);
