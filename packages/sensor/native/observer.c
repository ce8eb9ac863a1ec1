#include "observer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/random.h>

#include "generated/syscall_numbers.h"
#include "listener.h"
#include "observe_exec.h"
#include "observe_path.h"
#include "observe_rights.h"
#include "observe_socket.h"
#include "observe_value.h"

enum { UNIQUE_LIMIT = 1 << 21 };

int observer_init(struct observer *observer, int listener, struct process_table *processes)
{
    uint64_t seed = 0;
    // A seed that is known only lets an application hide from itself: better than none to start.
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed) {
        seed = clock_now_ns();
    }
    observer->listener = listener;
    observer->processes = processes;
    processes->not_randomized = processes->not_randomized || !image_is_randomized();
    calls_index(&observer->calls);
    return unique_init(&observer->unique, UNIQUE_LIMIT, seed);
}

bool observer_still_waits(const struct observer *observer, const struct event *event)
{
    // What was read since is the caller's own: no other thread can have got its number that fast.
    return clock_now_ns() - event->now_ns < process_number_is_safe_ns || listener_is_valid(observer->listener, event->id);
}

bool observer_event(struct observer *observer, const struct seccomp_notif *notification, struct event *event)
{
    bool native = notification->data.arch == AUDIT_NATIVE;
    *event = (struct event){
        .id = notification->id,
        .tid = (pid_t)notification->pid,
        .arch = native ? ARCH_NATIVE : ARCH_COMPAT,
        .number = (uint32_t)notification->data.nr,
        .now_ns = clock_now_ns(),
    };
    for (size_t i = 0; i < 6; i++) {
        event->args[i] = native ? notification->data.args[i] : (uint32_t)notification->data.args[i];
    }
    const struct caller caller = {event->tid, notification->data.instruction_pointer, event->now_ns};
    bool full = false;
    event->process = process_find(observer->processes, &caller, &full);
    if (full) {
        record_lose(&observer->record, LOSS_TABLE_FULL);
    }
    if (event->process == NULL) {
        return false;
    }
    event->tgid = event->process->tgid;
    event->exec = process_exec(observer->processes, event->process, &caller);
    return true;
}

static void observe_number(struct observer *observer, const struct event *event)
{
    struct fingerprint fingerprint = {0};
    bool indexed = event->number < OBSERVER_SEEN_CALLS;
    bool *seen = &observer->seen[event->arch == ARCH_COMPAT][indexed ? event->number : 0];
    if (indexed) {
        if (*seen) {
            return;
        }
    } else {
        const uint64_t key[] = {FACT_SYSCALL, event->arch, event->number};
        fingerprint = unique_fingerprint(&observer->unique, key, sizeof key / sizeof key[0], NULL, 0);
        if (unique_has(&observer->unique, fingerprint)) {
            return;
        }
    }
    if (!observer_still_waits(observer, event)) {
        return;
    }
    if (indexed) {
        *seen = true;
    } else {
        unique_add(&observer->unique, fingerprint);
    }
    struct frame frame = record_begin(&observer->record, FRAME_SYSCALL);
    frame_u32(&frame, event->exec);
    frame_u64(&frame, event->now_ns);
    frame_u8(&frame, (uint8_t)event->arch);
    frame_u32(&frame, event->number);
    record_end(&observer->record, &frame);
}

static int descriptor_of(const struct event *event, int8_t argument)
{
    return argument < 0 ? AT_FDCWD : (int)event->args[argument];
}

static void observe_paths(struct observer *observer, const struct event *event, const struct call *call)
{
    uint32_t flags = call->flags < 0 ? 0 : (uint32_t)event->args[call->flags];
    observe_path(observer, event, descriptor_of(event, call->directory), event->args[call->path], flags);
    if (call->path2 >= 0) {
        observe_path(observer, event, descriptor_of(event, call->directory2), event->args[call->path2], flags);
    }
}

static void observe_openat2(struct observer *observer, const struct event *event)
{
    // openat2(2): the first member of struct open_how is the flags, of 64 bits.
    uint64_t flags = 0;
    remote_read(&observer->processes->remote, event->tid, event->args[2], &flags, sizeof flags);
    observe_path(observer, event, (int)event->args[0], event->args[1], (uint32_t)flags);
}

/** From here on programs may be laid out at equal addresses: personality(2), which children and new programs keep. */
static void observe_layout(struct observer *observer, const struct event *event)
{
    static const int32_t numbers[] = NUMBERS_personality;
    bool asks_only = (uint32_t)event->args[0] == UINT32_MAX;
    if ((int32_t)event->number == numbers[event->arch] && !asks_only && (event->args[0] & ADDR_NO_RANDOMIZE) != 0) {
        observer->processes->not_randomized = true;
    }
}

static void observe_arguments(struct observer *observer, struct event *event, const struct call *call)
{
    switch ((enum call_kind)call->kind) {
    case CALL_PATH:
        observe_paths(observer, event, call);
        break;
    case CALL_OPENAT2:
        observe_openat2(observer, event);
        break;
    case CALL_EXECVE:
        observe_exec(observer, event, AT_FDCWD, event->args[0], event->args[1], 0);
        break;
    case CALL_EXECVEAT:
        observe_exec(observer, event, (int)event->args[0], event->args[1], event->args[2],
                     (uint32_t)event->args[4]);
        break;
    case CALL_CHROOT:
        observe_path(observer, event, AT_FDCWD, event->args[0], 0);
        observer->roots_differ = true;
        break;
    case CALL_NEW_ROOT:
        observer->roots_differ = true;
        break;
    case CALL_BIND:
    case CALL_CONNECT:
    case CALL_LISTEN:
    case CALL_SENDTO:
    case CALL_SOCKETCALL:
        observe_socket(observer, event, (enum call_kind)call->kind);
        break;
    case CALL_KILL:
        break;
    case CALL_VALUE:
        observe_layout(observer, event);
        observe_value(observer, event, (unsigned)call->value);
        break;
    }
}

void observer_observe(struct observer *observer, struct event *event)
{
    observe_rights(observer, event);
    observe_number(observer, event);
    struct call_report report = calls_report(&observer->calls, event->arch, event->number);
    if (report.wanted) {
        observe_call(observer, event, report);
    }
    const struct call *call = calls_find(&observer->calls, event->arch, event->number);
    if (call == NULL) {
        return;
    }
    observe_arguments(observer, event, call);
    if (!call->only_looks) {
        lookup_forget(&observer->lookup);
    }
}
