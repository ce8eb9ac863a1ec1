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
        }
    }
    closedir(processes);
}

static struct answer signal_everyone(struct observer *observer, const struct event *event, int number,
                                     const struct own_processes *own)
{
    struct proc_status caller, self;
    // Every other signal is ignored by the supervisor.
    if ((number != SIGKILL && number != SIGSTOP) || !proc_read_status(event->tid, &caller) ||
        !proc_read_status(getpid(), &self) || !may_signal(&caller, &self)) {
        return (struct answer){.go_on = true};
    }
    struct sweep sweep = {.caller = &caller, .own = own, .caller_group = event->tgid, .signal = number};
    for (int i = 0; i < PASSES; i++) {
        sweep_once(&sweep);
    }
    record_note(&observer->record, number == SIGKILL ? "SIGKILL to everyone was sent by the sensor"
                                                     : "SIGSTOP to everyone was sent by the sensor");
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
