#pragma once

#include "observer.h"

/**
 * A path in the caller's memory, relative to a descriptor (AT_FDCWD for the working directory), was given to
 * the call. Leaves it in `observer->path`. Returns false when there is none to record.
 */
bool observe_path(struct observer *observer, const struct event *event, int descriptor, uint64_t address,
                  uint32_t flags);

/** Reads the path into `observer->path`, made absolute. What cannot be read is counted. */
bool observe_path_read(struct observer *observer, const struct event *event, int descriptor, uint64_t address);

/** Makes `text` absolute in `observer->path`. */
bool observe_path_resolve(struct observer *observer, const struct event *event, int descriptor, const char *text,
                          size_t length);

/** Writes `observer->path` as asked for by the call, unless it was before. */
void observe_path_record(struct observer *observer, const struct event *event, uint32_t flags);
