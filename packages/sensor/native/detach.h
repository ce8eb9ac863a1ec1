#pragma once

#include "options.h"

/**
 * Takes the sensor's own mounts out of the application's sight: unmounts each directory of `--detach` lazily
 * (what is open stays open), then removes the empty directory or file that it was mounted on. Best effort: a
 * read-only root keeps its mount points.
 */
void detach_all(const struct options *options);
