#pragma once

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#include "calls.h"
#include "lookup.h"
#include "path.h"
#include "process.h"
#include "record.h"
#include "unique.h"

enum { OBSERVER_SEEN_CALLS = 1024 };

/** Turns notified calls into records. Large: make it once, not on the stack. */
struct observer {
    int listener;
    struct record record;
    struct unique unique;
    struct call_index calls;
    struct process_table *processes;
    /** Someone asked for another root: from now on it is looked up with every absolute path. */
    bool roots_differ;
    /** Calls seen already, of the native and of the compat architecture. */
    bool seen[2][OBSERVER_SEEN_CALLS];
    struct path path;
    struct lookup lookup;
    char text[PATH_LIMIT];
};

/** A notified call. `args` are cut to 32 bits for the compat architecture. */
struct event {
    uint64_t id;
    pid_t tid;
    enum arch arch;
    uint32_t number;
    uint64_t args[6];
    uint64_t now_ns;
    /** Program image of the caller. */
    uint32_t exec;
    pid_t tgid;
    const struct process *process;
};

/** Prepares for records of `listener` (-1 for none), of which `processes` knows who is who. Returns a negative errno. */
int observer_init(struct observer *observer, int listener, struct process_table *processes);

/**
 * Fills the event of a notification. Returns false when the caller is gone meanwhile. `event.process` is valid
 * until the next event.
 */
bool observer_event(struct observer *observer, const struct seccomp_notif *notification, struct event *event);

/** Writes what is new about the call. */
void observer_observe(struct observer *observer, struct event *event);

/** Whether the call still waits: what was read meanwhile was then the caller's. */
bool observer_still_waits(const struct observer *observer, const struct event *event);

/** Facts that are written once; first of the integers that make a fingerprint. */
enum fact { FACT_PATH, FACT_SYSCALL, FACT_ARGUMENT, FACT_SOCKET, FACT_RIGHTS, FACT_CALL };
