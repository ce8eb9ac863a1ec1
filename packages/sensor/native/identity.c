#include "identity.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "proc.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/** A pidfd of one thread, also of one that does not lead its group (Linux 6.9; include/uapi/linux/pidfd.h). */
static const unsigned pidfd_thread = 0x80;

/** The first version of the kernel's struct pidfd_info (Linux 6.13). */
struct pidfd_info {
    uint64_t mask;
    uint64_t cgroup;
    uint32_t thread;
    uint32_t group;
    uint32_t parent;
    uint32_t users_and_groups[8];
    uint32_t spare;
};

static const uint64_t info_of_numbers = 1;

_Static_assert(sizeof(struct pidfd_info) == 64, "the size is a part of the request's number");

static const unsigned long get_info = _IOWR(0xFF, 11, struct pidfd_info);

/** Returns 0, -ESRCH, or -ENOSYS where it cannot be asked in this way. */
static int read_by_pidfd(pid_t tid, struct identity *identity)
{
    int descriptor = (int)syscall(SYS_pidfd_open, tid, pidfd_thread);
    if (descriptor < 0) {
        return errno == ESRCH ? -ESRCH : -ENOSYS;
    }
    struct pidfd_info info = {.mask = info_of_numbers};
    struct stat status;
    int result = -ENOSYS;
    // The inode's number is the thread's own as long as the machine runs (pidfs).
    if (syscall(SYS_ioctl, descriptor, get_info, &info) == 0 && fstat(descriptor, &status) == 0) {
        *identity = (struct identity){(pid_t)info.group, (pid_t)info.parent, status.st_ino};
        result = (info.mask & info_of_numbers) != 0 && info.group != 0 ? 0 : -ESRCH;
    } else if (errno == ESRCH) {
        result = -ESRCH;
    }
    close(descriptor);
    return result;
}

bool identity_read(struct identity_source *source, pid_t tid, struct identity *identity)
{
    if (!source->use_proc) {
        int result = read_by_pidfd(tid, identity);
        if (result != -ENOSYS) {
            return result == 0;
        }
        source->use_proc = true;
    }
    struct proc_stat stat;
    if (!proc_read_stat(tid, &stat)) {
        return false;
    }
    *identity = (struct identity){proc_thread_group(tid), stat.parent, stat.started};
    return identity->group != 0;
}
