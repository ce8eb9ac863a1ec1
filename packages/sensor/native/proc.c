#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    TEXT_BYTES = 4096,
    /** Of /proc/PID/stat, as proc_pid_stat(5) counts. */
    FIELD_PARENT = 4,
    FIELD_STARTED = 22,
    FIELD_HEAP = 47,
    FIELD_ARGUMENTS = 48,
};

static bool read_text(pid_t tid, const char *name, char *out, size_t capacity)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/%s", tid, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    ssize_t got = read(file, out, capacity - 1);
    close(file);
    if (got <= 0) {
        return false;
    }
    out[got] = '\0';
    return true;
}

bool proc_parse_stat(const char *text, struct proc_stat *stat)
{
    // The command's name, in parentheses, may hold parentheses and spaces itself: the last one ends it. Behind
    // it stand a letter, field 3, and numbers.
    const char *at = strrchr(text, ')');
    if (at == NULL || strlen(at) < sizeof ") S " - 1) {
        return false;
    }
    at += sizeof ") S" - 1;
    *stat = (struct proc_stat){0};
    for (int field = 4; field <= FIELD_ARGUMENTS; field++) {
        char *end = NULL;
        unsigned long long value = strtoull(at, &end, 10);
        if (end == at) {
            return false;
        }
        at = end;
        if (field == FIELD_PARENT) {
            stat->parent = (pid_t)value;
        } else if (field == FIELD_STARTED) {
            stat->started = value;
        } else if (field == FIELD_HEAP) {
            stat->image = value << 24 | value >> 40;
        } else if (field == FIELD_ARGUMENTS) {
            stat->image ^= value;
        }
    }
    return true;
}

/** What stands behind a line's name, NULL when there is no such line. */
static const char *find_line(const char *text, const char *name)
{
    const char *line = strstr(text, name);
    return line == NULL ? NULL : line + strlen(name);
}

static unsigned long long number_of(const char *text, int base)
{
    return text == NULL ? 0 : strtoull(text, NULL, base);
}

bool proc_parse_status(const char *text, struct proc_status *status)
{
    const char *uids = find_line(text, "\nUid:");
    *status = (struct proc_status){.group = (pid_t)number_of(find_line(text, "\nTgid:"), 10)};
    for (int i = 0; uids != NULL && i < 3; i++) {
        char *end = NULL;
        uid_t uid = (uid_t)strtoul(uids, &end, 10);
        *(i == 0 ? &status->real_uid : i == 1 ? &status->effective_uid : &status->saved_uid) = uid;
        uids = end;
    }
    status->effective_capabilities = number_of(find_line(text, "\nCapEff:"), 16);
    return status->group != 0 && uids != NULL;
}

bool proc_read_stat(pid_t tid, struct proc_stat *stat)
{
    char text[TEXT_BYTES];
    return read_text(tid, "stat", text, sizeof text) && proc_parse_stat(text, stat);
}

bool proc_read_status(pid_t tid, struct proc_status *status)
{
    char text[TEXT_BYTES];
    return read_text(tid, "status", text, sizeof text) && proc_parse_status(text, status);
}

pid_t proc_thread_group(pid_t tid)
{
    // Only a leader is found as (group, thread) of one number. Cheaper than to render the status.
    if (syscall(SYS_tgkill, tid, tid, 0) == 0 || errno == EPERM) {
        return tid;
    }
    struct proc_status status;
    return proc_read_status(tid, &status) ? status.group : 0;
}
