#include "detach.h"

#include <errno.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

void detach_all(const struct options *options)
{
    for (size_t i = 0; i < options->detach_count; i++) {
        const char *path = options->detach[i];
        struct stat status;
        // EINVAL: a plain directory above the mounts, to be removed after them.
        if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL) {
            continue;
        }
        if (rmdir(path) < 0 && errno == ENOTDIR && lstat(path, &status) == 0 && status.st_size == 0) {
            unlink(path);
        }
    }
}
