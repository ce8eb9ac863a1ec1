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

/** What is found at a path; all zero but for `existence` when nothing is, or it is not known. */
struct path_status {
    enum existence existence;
    /** Type and permissions as in struct stat. */
    uint32_t mode;
    uid_t uid;
    gid_t gid;
};

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

/** lstat's answer for a name, relative to an open directory. */
struct path_status path_look_in(int directory, const char *name);

/** lstat's answer for thread `tid`, whose /proc/self is another than ours. */
struct path_status path_look(const struct path *path, pid_t tid);

/**
 * The mode of what execve may be expected to take, a regular file with an execute bit, following links; 0 when it is
 * none.
 */
uint32_t path_program_mode(const struct path *path, pid_t tid);
