#include "observe_look.h"

#include <errno.h>
#include <linux/xattr.h>
#include <string.h>

#include "generated/syscall_numbers.h"
#include "proc.h"

static void find(struct call_findings *findings, uint64_t value)
{
    findings->values[findings->count++] = value;
}

static void lose_unreadable(struct observer *observer, const struct event *event, ssize_t got)
{
    // Otherwise the kernel finds no memory there either, and refuses the call.
    if (got == -EPERM && observer_still_waits(observer, event)) {
        record_lose(&observer->record, LOSS_UNREADABLE_MEMORY);
    }
}

/** The hard limit that is asked for, and the one that there is. */
static void look_at_limits(struct observer *observer, const struct event *event, uint8_t pointer,
                           struct call_findings *findings)
{
    static const int32_t of_others[] = NUMBERS_prlimit64;
    bool wide = event->arch == ARCH_NATIVE || (int32_t)event->number == of_others[event->arch];
    struct {
        uint64_t soft;
        uint64_t hard;
    } limits;
    uint32_t narrow[2];
    void *into = wide ? (void *)&limits : (void *)narrow;
    ssize_t size = wide ? (ssize_t)sizeof limits : (ssize_t)sizeof narrow;
    ssize_t got = remote_read(&observer->processes->remote, event->tid, event->args[pointer], into, (size_t)size);
    if (got != size) {
        lose_unreadable(observer, event, got);
        return;
    }
    // getrlimit(2): infinity is all ones in either width.
    find(findings, wide ? limits.hard : narrow[1] == UINT32_MAX ? UINT64_MAX : narrow[1]);
    uint64_t present;
    pid_t other = (int32_t)event->number == of_others[event->arch] ? (pid_t)event->args[0] : 0;
    if (proc_read_hard_limit(other == 0 ? event->tid : other, (unsigned)event->args[pointer - 1], &present)) {
        find(findings, present);
    }
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum attribute_class attribute_class_of(const char *name)
{
    if (strcmp(name, XATTR_NAME_CAPS) == 0) {
        return ATTRIBUTE_CAPABILITY;
    }
    return starts_with(name, XATTR_SECURITY_PREFIX)  ? ATTRIBUTE_SECURITY
           : starts_with(name, XATTR_TRUSTED_PREFIX) ? ATTRIBUTE_TRUSTED
           : starts_with(name, XATTR_SYSTEM_PREFIX)  ? ATTRIBUTE_SYSTEM
                                                     : ATTRIBUTE_OTHER;
}

static void look_at_attribute(struct observer *observer, const struct event *event, uint64_t address,
                              struct call_findings *findings)
{
    char name[256];
    ssize_t length = remote_read_string(&observer->processes->remote, event->tid, address, name, sizeof name);
    if (length < 0) {
        lose_unreadable(observer, event, length);
        return;
    }
    find(findings, attribute_class_of(name));
}

void observe_look(struct observer *observer, const struct event *event, struct call_report report,
                  struct call_findings *findings)
{
    switch ((enum call_look)report.look) {
    case LOOK_LIMITS:
        look_at_limits(observer, event, report.pointer, findings);
        break;
    case LOOK_ATTRIBUTE:
        look_at_attribute(observer, event, event->args[report.pointer], findings);
        break;
    case LOOK_NOTHING:
        break;
    }
}
