#include "kill_guard.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "generated/syscall_numbers.h"
#include "proc.h"

/** Passes over /proc: what was forked during one is met in the next; what was killed cannot fork. */
enum { PASSES = 3 };

/** How long the caller is kept until the signal has had its effect, and on how many processes. */
enum { SETTLE_STEPS = 100, SETTLE_STEP_US = 1000, MAX_SETTLED = 1024 };

/** kill(2): whether the caller may signal the target. */
static bool may_signal(const struct proc_status *caller, const struct proc_status *target)
{
    return (caller->effective_capabilities >> CAP_KILL & 1) != 0 || caller->effective_uid == target->saved_uid ||
           caller->effective_uid == target->real_uid || caller->real_uid == target->saved_uid ||
           caller->real_uid == target->real_uid;
}

struct sweep {
    const struct proc_status *caller;
    const struct own_processes *own;
    pid_t caller_group;
    int signal;
    unsigned sent;
    unsigned refused;
    /** Who was signalled in the last pass. */
    pid_t signalled[MAX_SETTLED];
    size_t count;
};

static bool is_own(const struct own_processes *own, pid_t process)
{
    return process == own->guardian || process == own->supervisor || process == own->self;
}

static void sweep_once(struct sweep *sweep)
{
    DIR *processes = opendir("/proc");
    if (processes == NULL) {
        return;
    }
    sweep->count = 0;
    for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
        pid_t target = (pid_t)strtol(entry->d_name, NULL, 10);
        struct proc_status status;
        // As kill(2) with -1: neither the namespace's init nor the caller itself.
        if (target <= 1 || is_own(sweep->own, target) || target == sweep->caller_group || !proc_read_status(target, &status)) {
            continue;
        }
        if (!may_signal(sweep->caller, &status)) {
            sweep->refused++;
        } else if (kill(target, sweep->signal) == 0) {
            sweep->sent++;
            if (sweep->count < MAX_SETTLED) {
                sweep->signalled[sweep->count++] = target;
            }
        }
    }
    closedir(processes);
}

static bool has_effect(int signal, pid_t target)
{
    struct proc_stat stat;
    if (!proc_read_stat(target, &stat) || stat.exiting) {
        return true;
    }
    bool stopped = stat.state == 'T' || stat.state == 't';
    // One that is to go on tells its parent when it gets the processor, not before.
    return signal == SIGSTOP ? stopped : signal == SIGCONT && !stopped && stat.state != 'R';
}

/**
 * Keeps the caller until its children have stopped, gone on or died: they tell it by SIGCHLD, and a handler without SA_RESTART makes
 * the next call that waits to be notified fail with EINTR, which kill(2), to name one, never does.
 */
static void wait_for_effect(const struct sweep *sweep)
{
    size_t done = 0;
    for (unsigned step = 0; step < SETTLE_STEPS; step++) {
        while (done < sweep->count && has_effect(sweep->signal, sweep->signalled[done])) {
            done++;
        }
        // Their state is seen a moment before they tell.
        usleep(SETTLE_STEP_US);
        if (done == sweep->count) {
            return;
        }
    }
}

/** Signals that the supervisor sends in the caller's place: two would end it, and after the third the caller is told of what it did. */
static bool is_sent_here(int number, const struct proc_status *caller)
{
    // Without the capability, SIGCONT may go to more than others: to the whole session.
    return number == SIGKILL || number == SIGSTOP ||
           (number == SIGCONT && (caller->effective_capabilities >> CAP_KILL & 1) != 0);
}

static struct answer signal_everyone(struct observer *observer, const struct event *event, int number,
                                     const struct own_processes *own)
{
    struct proc_status caller, self;
    // Every other signal is ignored by the supervisor.
    if (!proc_read_status(event->tid, &caller) || !is_sent_here(number, &caller) || !proc_read_status(getpid(), &self) ||
        !may_signal(&caller, &self)) {
        return (struct answer){.go_on = true};
    }
    struct sweep sweep = {.caller = &caller, .own = own, .caller_group = event->tgid, .signal = number};
    for (int i = 0; i < PASSES; i++) {
        sweep_once(&sweep);
    }
    wait_for_effect(&sweep);
    record_note(&observer->record, number == SIGKILL   ? "SIGKILL to everyone was sent by the sensor"
                                   : number == SIGSTOP ? "SIGSTOP to everyone was sent by the sensor"
                                                       : "SIGCONT to everyone was sent by the sensor");
    return (struct answer){.error = sweep.sent > 0 ? 0 : sweep.refused > 0 ? -EPERM : -ESRCH};
}

struct answer kill_guard_answer(struct observer *observer, const struct event *event,
                                const struct own_processes *own)
{
    static const int32_t kill_one[] = NUMBERS_kill;
    int32_t target = (int32_t)event->args[0];
    if (is_own(own, target) || (target < -1 && is_own(own, -target))) {
        return (struct answer){.error = -ESRCH};
    }
    if ((int32_t)event->number == kill_one[event->arch] && target == -1) {
        return signal_everyone(observer, event, (int)event->args[1], own);
    }
    return (struct answer){.go_on = true};
}
