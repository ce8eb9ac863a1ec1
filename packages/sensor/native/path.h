#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    /** Linux takes no longer path in a call (PATH_MAX), and none of its own is longer. */
    PATH_LIMIT = 4096,
    /** A directory and a path below it. */
    PATH_CAPACITY = 2 * PATH_LIMIT + 2,
};

/** An absolute path, not normalised, NUL-terminated. */
struct path {
    size_t length;
    char text[PATH_CAPACITY];
};

enum existence { EXISTS_NO = 0, EXISTS_YES = 1, EXISTS_UNKNOWN = 2 };

/**
 * Appends `rest`, with a slash between when there is none. Returns 0, or -ENAMETOOLONG with `path` as before.
 */
int path_append(struct path *path, const char *rest, size_t length);

/** Cuts off the kernel's mark behind the link of a removed file. Returns whether it was there. */
bool path_strip_deleted(struct path *path);

/**
 * Makes `path` the directory that a relative path of thread `tid` begins at: its working directory for
 * AT_FDCWD, else the descriptor's. Returns 0; -ENOTDIR when the descriptor is not open or no file that has a
 * path; -ESRCH; -EACCES when it may not be looked at; -EXDEV when the directory is outside of the root.
 */
int path_of_directory(struct path *path, pid_t tid, int descriptor);

/** Makes `path` the root directory of the thread, without a trailing slash ("" for the sensor's own root). */
int path_of_root(struct path *path, pid_t tid);

/** lstat's answer for thread `tid`, whose /proc/self is another than ours. */
enum existence path_existence(const struct path *path, pid_t tid);

/** Whether execve may be expected to take it: a regular file with an execute bit. Follows links. */
bool path_is_program(const struct path *path, pid_t tid);
