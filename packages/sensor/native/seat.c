#include "seat.h"

#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "listener.h"

#ifndef SYS_clone3
#define SYS_clone3 435
#endif

enum {
    /** Whoever kills it more often means it. */
    MAX_DEATHS = 16,
    /** Calls that may have been made and taken back, by callers that were killed, since the last that was received. */
    MAX_AHEAD = 16384,
};

/** The number that the dead one had is known to the filter, which shields it; giving it again needs a privilege. */
static pid_t clone_with_number(pid_t number)
{
    struct clone_args arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.exit_signal = SIGCHLD;
    arguments.set_tid = (uint64_t)(uintptr_t)&number;
    arguments.set_tid_size = 1;
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

int seat_fill(struct seat *seat, bool shares_files)
{
    pid_t child = -1;
    if (seat->watch.again) {
        child = clone_with_number(seat->supervisor);
    }
    if (child < 0) {
        unsigned long flags = (shares_files ? CLONE_FILES : 0) | SIGCHLD;
        child = (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
    }
    if (child == 0) {
        _exit(supervisor_run(&seat->watch) < 0);
    }
    if (child < 0) {
        return -errno;
    }
    seat->supervisor = child;
    atomic_store(&seat->watch.rendezvous->supervisor, child);
    return 0;
}

/**
 * Lets the call go on that the dead one had received: nobody else can answer it any more. It is the last that it wrote down, or
 * one behind, when it was killed before it could. The kernel numbers them in order (seccomp_next_notify_id) and gives out the
 * oldest first; of those that were not received it says EINPROGRESS.
 */
static void answer_in_flight(const struct rendezvous *rendezvous)
{
    union {
        struct seccomp_notif_resp data;
        uint8_t room[512];
    } response;
    uint64_t last = atomic_load(&rendezvous->last_id);
    if (last == 0 || rendezvous->listener < 0) {
        return;
    }
    for (uint64_t ahead = 0; ahead < MAX_AHEAD; ahead++) {
        memset(&response, 0, sizeof response);
        response.data.id = last + ahead;
        response.data.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
        int result = listener_answer(rendezvous->listener, &response.data);
        if (result == 0 || result == -EINPROGRESS) {
            return;
        }
    }
}

bool seat_refill(struct seat *seat, int status)
{
    struct rendezvous *rendezvous = seat->watch.rendezvous;
    if (WIFEXITED(status) || atomic_load(&rendezvous->state) < RENDEZVOUS_SERVED) {
        return false;
    }
    struct record *record = &seat->watch.observer->record;
    record->origin = supervisor_origin(&seat->watch);
    record->shared_end = &rendezvous->record_end;
    record_resume(record, (off_t)atomic_load(&rendezvous->record_end));
    record_lose(record, LOSS_SUPERVISOR_KILLED);
    record_flush_losses_now(record);
    // Before the next one receives what is still to be seen.
    answer_in_flight(rendezvous);
    seat->watch.again = true;
    bool filled = ++seat->deaths <= MAX_DEATHS && seat_fill(seat, false) == 0;
    if (!filled) {
        record_lose(record, LOSS_UNWATCHED);
        record_flush_losses_now(record);
    }
    return filled;
}
