#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "identity.h"
#include "image.h"

enum { PROCESS_SLOTS = 1 << 15 };

/** A number is given again only after the whole range went round, which takes longer than this. */
static const uint64_t process_number_is_safe_ns = 1000000000;

/** One thread that made a notified call. What is of its whole group is kept in the leader's entry. */
struct process {
    pid_t tid;
    pid_t tgid;
    /** Parent of the thread group when first seen. */
    pid_t parent;
    /** Tells two threads of one number apart. */
    uint64_t identity;
    /** When `identity` was last found unchanged. */
    uint64_t checked_ns;
    /**
     * Program image that the group runs, and two marks of it: one in its text, and the kernel's (struct proc_stat), 0 while it
     * is not known. That one takes longer to read: most programs end before they are asked for it.
     */
    uint32_t exec;
    uint32_t calls;
    uint64_t image;
    struct text_mark text;
    /** An execve that was asked for and of which it is not known yet whether it succeeded; 0 for none. */
    uint32_t asked_exec;
    pid_t asked_by;
    /** Of a leader: what it may do was not told since it may have changed. */
    bool rights_due;
    /** An execve of an ordinary file does not change them. */
    bool rights_last;
};

/** Threads by number. An entry stays when its thread ends, so that children are attributed to it. */
struct process_table {
    struct process slots[PROCESS_SLOTS];
    size_t used;
    uint32_t last_exec;
    struct identity_source identities;
    struct remote remote;
    /** New programs may find the same addresses as others: marks in their text tell nothing. */
    bool not_randomized;
};

/** Who makes a call, and where in its text; `at` is 0 when that is not known. */
struct caller {
    pid_t tid;
    uint64_t at;
    uint64_t now_ns;
};

/**
 * The entry of a thread, made when it is new: it runs the program image of the process that forked it. Sets
 * `full` when the table had to be emptied, so that attribution begins anew. NULL when the thread is gone.
 * Valid until the next call.
 */
const struct process *process_find(struct process_table *table, const struct caller *caller, bool *full);

/** The program image that the caller, whose entry is `process`, runs at this call. */
uint32_t process_exec(struct process_table *table, const struct process *process, const struct caller *caller);

/** Whether the thread asked for a new program image and still runs the old one, be it because that failed. */
bool process_is_asking(struct process_table *table, const struct process *process);

/** The thread asks for a new program image: from its next call on, if that succeeds, it runs the returned one. */
uint32_t process_ask_exec(struct process_table *table, const struct process *process);

/** Whether what the thread's group may do is to be told now; then it counts as told. */
bool process_take_rights_due(struct process_table *table, const struct process *process);

/** It may change with this call. */
void process_set_rights_due(struct process_table *table, const struct process *process);

/** Says whether an execve of an ordinary file leaves the rights of the thread's group as they are. */
void process_set_rights_last(struct process_table *table, const struct process *process, bool rights_last);
