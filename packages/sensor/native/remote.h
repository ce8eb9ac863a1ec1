#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Smallest page size of every architecture that we run on; a larger one only costs reads. */
enum { REMOTE_PAGE_BYTES = 4096 };

/** How the memory of other processes is read. */
struct remote {
    /** process_vm_readv is refused here (Docker's profile, no CAP_SYS_PTRACE), /proc/PID/mem is not. */
    bool use_mem;
};

/**
 * Reads up to `size` bytes of thread `tid` (a range within one page is read whole or not at all). Returns the
 * number read, above zero; -EFAULT when nothing is mapped there, -ESRCH when it is gone, -EPERM when it may
 * not be read.
 */
ssize_t remote_read(struct remote *remote, pid_t tid, uint64_t address, void *out, size_t size);

/**
 * Reads a string, and its terminator, into `out`. Returns its length; the errors of remote_read; -E2BIG when
 * it does not end within `capacity` bytes (`out` then holds `capacity` bytes of it, not terminated).
 */
ssize_t remote_read_string(struct remote *remote, pid_t tid, uint64_t address, char *out, size_t capacity);
