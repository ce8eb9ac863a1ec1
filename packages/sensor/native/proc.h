#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** Of /proc/PID/stat. */
struct proc_stat {
    pid_t parent;
    /** Since boot, in clock ticks. */
    uint64_t started;
    /**
     * Mark of the program image: where its arguments and its heap begin. Address space randomisation makes it
     * another with each execve, and fork copies it. 0 when it may not be seen.
     */
    uint64_t image;
    /** The letter of proc_pid_stat(5): T is stopped, t stopped by a tracer. */
    char state;
    /** It is ending, or has ended and was not waited for. */
    bool exiting;
};

enum { PROC_MAX_GROUPS = 32 };

/** Of /proc/PID/status. */
struct proc_status {
    pid_t group;
    uid_t real_uid;
    uid_t effective_uid;
    uid_t saved_uid;
    gid_t real_gid;
    gid_t effective_gid;
    gid_t saved_gid;
    /** Only the first PROC_MAX_GROUPS. */
    gid_t groups[PROC_MAX_GROUPS];
    size_t group_count;
    uint64_t effective_capabilities;
    uint64_t bounding_capabilities;
};

/** Parses /proc/PID/stat (proc_pid_stat(5)). `text` is terminated. */
bool proc_parse_stat(const char *text, struct proc_stat *stat);

/** Parses /proc/PID/status (proc_pid_status(5)). `text` is terminated. */
bool proc_parse_status(const char *text, struct proc_status *status);

/**
 * Parses the hard limit of a resource (getrlimit(2)) in /proc/PID/limits, where they stand in the order of their numbers.
 * `text` is terminated. False when it has none of that number.
 */
bool proc_parse_hard_limit(const char *text, unsigned resource, uint64_t *limit);

/** These take a process or a thread; false when it is gone. */
bool proc_read_hard_limit(pid_t tid, unsigned resource, uint64_t *limit);
bool proc_read_stat(pid_t tid, struct proc_stat *stat);
bool proc_read_status(pid_t tid, struct proc_status *status);

/** net.ipv4.ip_unprivileged_port_start of the caller's network, 1024 where it cannot be read. */
uint16_t proc_first_free_port(void);

/** kernel.randomize_va_space: whether address spaces are laid out at random. */
bool proc_randomizes_addresses(void);

/** Thread group of a thread, 0 when it is gone. */
pid_t proc_thread_group(pid_t tid);
