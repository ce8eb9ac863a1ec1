#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "path.h"

/**
 * Looks at paths. Programs ask for neighbours: the directory of the last path is kept open while they do, so that each of the
 * next ones is one name in it and no walk from the root. Large: not for the stack.
 */
struct lookup {
    /** Not where programs may take away mounts, umount(2): they would find the directory's in use. */
    bool keeps_directory;
    /** -1 while none is open. */
    int directory;
    uint64_t opened_ns;
    /** What the directory is called, without a trailing slash; not NUL-terminated. */
    size_t length;
    char name[PATH_CAPACITY];
};

void lookup_init(struct lookup *lookup, bool keeps_directory);

/** path_look's answer at `now_ns`. */
struct path_status lookup_path(struct lookup *lookup, const struct path *path, pid_t tid, uint64_t now_ns);

/** To be called before a call is made after which a name may lead to another directory. */
void lookup_forget(struct lookup *lookup);
