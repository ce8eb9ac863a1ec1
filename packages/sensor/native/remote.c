#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/** Most paths are shorter: the first read of a string takes no more. */
enum { FIRST_READ = 256 };

static ssize_t read_mem_file(pid_t tid, uint64_t address, void *out, size_t size)
{
    char name[32];
    snprintf(name, sizeof name, "/proc/%d/mem", tid);
    int file = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return errno == ENOENT || errno == ESRCH ? -ESRCH : -EPERM;
    }
    ssize_t got = pread(file, out, size, (off_t)address);
    int error = errno;
    close(file);
    if (got > 0) {
        return got;
    }
    // proc_pid_mem(5): end of file when the process has ended, EIO where nothing is mapped.
    return got == 0 ? -ESRCH : error == EIO || error == EFAULT ? -EFAULT : -EPERM;
}

ssize_t remote_read(struct remote *remote, pid_t tid, uint64_t address, void *out, size_t size)
{
#if defined(__aarch64__)
    // The top byte of a pointer is the application's (tagged address ABI).
    address &= UINT64_MAX >> 8;
#endif
    if (!remote->use_mem) {
        struct iovec local = {out, size};
        struct iovec from = {(void *)(uintptr_t)address, size};
        ssize_t got = process_vm_readv(tid, &local, 1, &from, 1, 0);
        if (got > 0) {
            return got;
        }
        if (got == 0 || errno == EFAULT || errno == ESRCH) {
            return got == 0 || errno == EFAULT ? -EFAULT : -ESRCH;
        }
    }
    ssize_t got = read_mem_file(tid, address, out, size);
    remote->use_mem = remote->use_mem || got > 0;
    return got;
}

ssize_t remote_read_string(struct remote *remote, pid_t tid, uint64_t address, char *out, size_t capacity)
{
    size_t used = 0;
    while (used < capacity) {
        // Never across a page's end: the string may end just before an unmapped page.
        size_t wanted = REMOTE_PAGE_BYTES - (size_t)((address + used) % REMOTE_PAGE_BYTES);
        if (used == 0 && wanted > FIRST_READ) {
            wanted = FIRST_READ;
        }
        if (wanted > capacity - used) {
            wanted = capacity - used;
        }
        ssize_t got = remote_read(remote, tid, address + used, out + used, wanted);
        if (got <= 0) {
            return got;
        }
        const char *end = memchr(out + used, '\0', (size_t)got);
        if (end != NULL) {
            return end - out;
        }
        used += (size_t)got;
    }
    return -E2BIG;
}
