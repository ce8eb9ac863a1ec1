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
    /** The kernel's own (include/linux/sched.h). */
    PF_EXITING = 4,
    FIRST_FREE_PORT = 1024,
    /** Of /proc/PID/stat, as proc_pid_stat(5) counts. */
    FIELD_PARENT = 4,
    FIELD_FLAGS = 9,
    FIELD_STARTED = 22,
    FIELD_HEAP = 47,
    FIELD_ARGUMENTS = 48,
    /** Of /proc/PID/limits. */
    LIMITS_COLUMN = 26,
};

static bool read_file(const char *path, char *out, size_t capacity)
{
    // musl's open sets the flag a second time.
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
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
    *stat = (struct proc_stat){.state = at[2], .exiting = at[2] == 'Z' || at[2] == 'X'};
    at += sizeof ") S" - 1;
    for (int field = 4; field <= FIELD_ARGUMENTS; field++) {
        char *end = NULL;
        unsigned long long value = strtoull(at, &end, 10);
        if (end == at) {
            return false;
        }
        at = end;
        if (field == FIELD_PARENT) {
            stat->parent = (pid_t)value;
        } else if (field == FIELD_FLAGS) {
            stat->exiting = stat->exiting || (value & PF_EXITING) != 0;
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

static bool read_text(pid_t tid, const char *name, char *out, size_t capacity)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/%s", tid, name);
    return read_file(path, out, capacity);
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

/** Reads up to `limit` numbers of one line. Returns how many there were. */
static size_t parse_numbers(const char *text, uint32_t *out, size_t limit)
{
    size_t count = 0;
    while (text != NULL && count < limit) {
        // strtoul would go on to the next line.
        text += strspn(text, " \t");
        char *end = NULL;
        unsigned long value = *text == '\n' ? 0 : strtoul(text, &end, 10);
        if (end == NULL || end == text) {
            break;
        }
        out[count++] = (uint32_t)value;
        text = end;
    }
    return count;
}

bool proc_parse_status(const char *text, struct proc_status *status)
{
    const char *uids = find_line(text, "\nUid:");
    const char *gids = find_line(text, "\nGid:");
    uint32_t ids[3];
    *status = (struct proc_status){.group = (pid_t)number_of(find_line(text, "\nTgid:"), 10)};
    if (status->group == 0 || parse_numbers(uids, ids, 3) != 3) {
        return false;
    }
    status->real_uid = ids[0];
    status->effective_uid = ids[1];
    status->saved_uid = ids[2];
    if (parse_numbers(gids, ids, 3) == 3) {
        status->real_gid = ids[0];
        status->effective_gid = ids[1];
        status->saved_gid = ids[2];
    }
    status->group_count = parse_numbers(find_line(text, "\nGroups:"), status->groups, PROC_MAX_GROUPS);
    status->effective_capabilities = number_of(find_line(text, "\nCapEff:"), 16);
    status->bounding_capabilities = number_of(find_line(text, "\nCapBnd:"), 16);
    return true;
}

bool proc_parse_hard_limit(const char *text, unsigned resource, uint64_t *limit)
{
    // Behind a line of titles. Names have spaces; the soft limit begins in the 27th column (fs/proc/base.c).
    const char *line = text;
    for (unsigned i = 0; i <= resource; i++) {
        line = strchr(line, '\n');
        if (line == NULL) {
            return false;
        }
        line++;
    }
    if (strcspn(line, "\n") <= LIMITS_COLUMN) {
        return false;
    }
    const char *at = line + LIMITS_COLUMN;
    at += strcspn(at, " \n");
    at += strspn(at, " ");
    static const char unlimited[] = "unlimited";
    if (strncmp(at, unlimited, sizeof unlimited - 1) == 0) {
        *limit = UINT64_MAX;
        return true;
    }
    char *end = NULL;
    unsigned long long value = strtoull(at, &end, 10);
    *limit = value;
    return end != at && *at != '\n';
}

bool proc_read_hard_limit(pid_t tid, unsigned resource, uint64_t *limit)
{
    char text[TEXT_BYTES];
    return resource < TEXT_BYTES && read_text(tid, "limits", text, sizeof text) &&
           proc_parse_hard_limit(text, resource, limit);
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

uint16_t proc_first_free_port(void)
{
    char text[16];
    unsigned long long port = FIRST_FREE_PORT;
    if (read_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", text, sizeof text)) {
        port = strtoull(text, NULL, 10);
    }
    return port <= UINT16_MAX ? (uint16_t)port : FIRST_FREE_PORT;
}

bool proc_randomizes_addresses(void)
{
    char text[16];
    return read_file("/proc/sys/kernel/randomize_va_space", text, sizeof text) && text[0] != '0';
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
