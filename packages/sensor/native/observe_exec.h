#pragma once

#include "observer.h"

/** execve or execveat: addresses of the path and of the argument vector in the caller's memory. */
void observe_exec(struct observer *observer, const struct event *event, int descriptor, uint64_t path,
                  uint64_t arguments, uint32_t flags);
