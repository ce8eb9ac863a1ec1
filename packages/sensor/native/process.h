#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCESS_SLOTS = 1 << 15 };

/** One thread that made a notified call. */
struct process {
    pid_t tid;
    pid_t tgid;
    /** Program image that the thread group runs; kept in the entry of the group's leader. */
    uint32_t exec;
    /** Parent of the thread group when first seen. */
    pid_t parent;
    /** Since boot, in clock ticks: tells two threads of one number apart. */
    uint64_t started;
    /** When `started` was last found unchanged. */
    uint64_t checked_ns;
};

struct process_table {
    struct process slots[PROCESS_SLOTS];
    size_t used;
    uint32_t last_exec;
};

/**
 * The entry of a thread, made when it is new: it inherits the program image of its parent. `fresh` is whether
 * the table was full and attribution begins anew. Returns NULL when the thread is gone.
 */
struct process *process_find(struct process_table *table, pid_t tid, uint64_t now_ns, bool *full);

/** The program image of a thread. */
uint32_t process_exec(struct process_table *table, const struct process *process);

/** Gives the thread's group a new program image and returns its number. */
uint32_t process_set_exec(struct process_table *table, const struct process *process);
