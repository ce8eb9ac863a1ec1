#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TEXT_BYTES = 4096 };

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
    // The command's name, in parentheses, may hold parentheses and spaces itself: the last one ends it.
    const char *end = strrchr(text, ')');
    char state = 0;
    int parent = 0;
    unsigned long long started = 0;
    if (end == NULL ||
        sscanf(end + 1, " %c %d %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", &state,
               &parent, &started) != 3) {
        return false;
    }
    *stat = (struct proc_stat){.parent = parent, .started = started};
    return true;
}

bool proc_parse_status(const char *text, struct proc_status *status)
{
    const char *group = strstr(text, "\nTgid:");
    const char *uids = strstr(text, "\nUid:");
    const char *effective = strstr(text, "\nCapEff:");
    *status = (struct proc_status){0};
    unsigned long long capabilities = 0;
    if (group == NULL || uids == NULL || effective == NULL || sscanf(group, "\nTgid: %d", &status->group) != 1 ||
        sscanf(uids, "\nUid: %u %u %u", &status->real_uid, &status->effective_uid, &status->saved_uid) != 3 ||
        sscanf(effective, "\nCapEff: %llx", &capabilities) != 1) {
        return false;
    }
    status->effective_capabilities = capabilities;
    return true;
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
