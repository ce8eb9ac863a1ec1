#include "file_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "generated/syscall_numbers.h"

enum {
    EVENT_BYTES = 16384,
    MAX_ARGUMENTS = 64,
    ARGUMENT_BYTES = 4096,
};

/** Both wait for an answer: each fact is written before the file is open. */
static const uint64_t asked = FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM | FAN_ONDIR;

/** File systems that hold no files of the image, and whose files the sensor opens itself. */
static bool is_virtual(const char *type)
{
    static const char *const types[] = {"proc", "sysfs", "cgroup", "cgroup2", "devpts", "mqueue", "securityfs"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(type, types[i]) == 0) {
            return true;
        }
    }
    return false;
}

/** proc_pid_mountinfo(5): the fifth field is the mount point, the type is the first behind " - ". Cuts `line` up. */
static bool parse_mount(char *line, const char **point, const char **type)
{
    char *rest = line;
    char *field = NULL;
    for (int i = 0; i < 5; i++) {
        field = strsep(&rest, " ");
    }
    char *behind = rest == NULL ? NULL : strstr(rest, " - ");
    if (field == NULL || behind == NULL) {
        return false;
    }
    behind += strlen(" - ");
    *point = field;
    *type = strsep(&behind, " ");
    return true;
}

static int mark_mounts(int group)
{
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    if (mounts == NULL) {
        return -errno;
    }
    char *line = NULL;
    size_t capacity = 0;
    int result = -ENOENT;
    while (getline(&line, &capacity, mounts) > 0) {
        const char *point, *type;
        if (!parse_mount(line, &point, &type) || is_virtual(type)) {
            continue;
        }
        if (fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_MOUNT, asked, AT_FDCWD, point) == 0) {
            result = result == -ENOENT || result == 0 ? 0 : result;
        } else if (strcmp(point, "/") == 0) {
            result = -errno;
            break;
        }
    }
    free(line);
    fclose(mounts);
    return result;
}

int file_watch_open(int *group, const struct err *why, struct err *err)
{
    *group = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS,
                           O_RDONLY | O_LARGEFILE | O_CLOEXEC);
    int result = *group < 0 ? -errno : mark_mounts(*group);
    if (result < 0) {
        if (*group >= 0) {
            close(*group);
            *group = -1;
        }
        return err_set(err, -result, "%s; and cannot watch files by fanotify", why->text);
    }
    return 0;
}

/** Arguments of a program that is about to start are those of its caller still: only its name is sure. */
static void record_program(struct observer *observer, const struct event *event)
{
    struct frame frame = record_begin(&observer->record, FRAME_EXEC);
    frame_u32(&frame, observer->processes->last_exec + 1);
    frame_u32(&frame, (uint32_t)event->tgid);
    frame_u32(&frame, (uint32_t)event->process->parent);
    frame_u64(&frame, event->now_ns);
    frame_u8(&frame, 1); // its arguments are not known
    frame_bytes(&frame, observer->path.text, observer->path.length);
    frame_u16(&frame, 0);
    process_ask_exec(observer->processes, event->process);
    record_end(&observer->record, &frame);
}

static void record_open_of(struct observer *observer, const struct event *event, int file)
{
    struct path *path = &observer->path;
    const uint64_t key[] = {FACT_PATH, event->exec, event->number};
    struct fingerprint fingerprint =
        unique_fingerprint(&observer->unique, key, sizeof key / sizeof key[0], path->text, path->length);
    if (unique_has(&observer->unique, fingerprint)) {
        return;
    }
    unique_add(&observer->unique, fingerprint);
    struct stat status;
    if (fstat(file, &status) < 0) {
        memset(&status, 0, sizeof status);
    }
    struct frame frame = record_begin(&observer->record, FRAME_PATH);
    frame_u32(&frame, event->exec);
    frame_u32(&frame, (uint32_t)event->tgid);
    frame_u64(&frame, event->now_ns);
    frame_u8(&frame, (uint8_t)event->arch);
    frame_u32(&frame, event->number);
    frame_u32(&frame, S_ISDIR(status.st_mode) ? O_DIRECTORY : 0);
    frame_u8(&frame, EXISTS_YES);
    frame_u32(&frame, status.st_mode);
    frame_u32(&frame, status.st_uid);
    frame_u32(&frame, status.st_gid);
    frame_bytes(&frame, path->text, path->length);
    record_end(&observer->record, &frame);
}

static void observe_file(struct observer *observer, const struct fanotify_event_metadata *metadata)
{
    static const int32_t open_numbers[] = NUMBERS_openat, exec_numbers[] = NUMBERS_execve;
    bool executes = (metadata->mask & FAN_OPEN_EXEC_PERM) != 0;
    bool full = false;
    struct event event = {.tid = metadata->pid, .arch = ARCH_NATIVE, .now_ns = clock_now_ns()};
    event.number = (uint32_t)(executes ? exec_numbers : open_numbers)[ARCH_NATIVE];
    const struct caller caller = {.tid = event.tid, .now_ns = event.now_ns};
    event.process = process_find(observer->processes, &caller, &full);
    if (full) {
        record_lose(&observer->record, LOSS_TABLE_FULL);
    }
    if (event.process == NULL || path_of_directory(&observer->path, getpid(), metadata->fd) < 0) {
        record_lose(&observer->record, LOSS_UNRESOLVED_DIRECTORY);
        return;
    }
    event.tgid = event.process->tgid;
    // Within one execve the kernel opens the program, and then its interpreters in the same way. An execve that failed is not
    // told from that.
    bool is_starting = process_is_asking(observer->processes, event.process);
    event.exec = is_starting ? observer->processes->last_exec : process_exec(observer->processes, event.process, &caller);
    record_open_of(observer, &event, metadata->fd);
    if (executes && !is_starting) {
        record_program(observer, &event);
    }
}

/** Takes one batch of events. Returns false when there can be no more. */
static bool take_events(struct observer *observer, int group)
{
    static _Alignas(struct fanotify_event_metadata) char buffer[EVENT_BYTES];
    ssize_t got = read(group, buffer, sizeof buffer);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN;
    }
    const struct fanotify_event_metadata *metadata = (const void *)buffer;
    for (; FAN_EVENT_OK(metadata, got); metadata = FAN_EVENT_NEXT(metadata, got)) {
        if (metadata->fd < 0) {
            // FAN_NOFD: the queue overflowed, which without a limit only a lack of memory makes it do.
            record_lose(&observer->record, LOSS_TABLE_FULL);
            continue;
        }
        if (metadata->pid != getpid()) {
            observe_file(observer, metadata);
        }
        const struct fanotify_response response = {.fd = metadata->fd, .response = FAN_ALLOW};
        if (write(group, &response, sizeof response) < 0) {
            record_lose(&observer->record, LOSS_WRITE_FAILED);
        }
        close(metadata->fd);
    }
    return true;
}

void file_watch_serve(struct observer *observer, int group, const volatile sig_atomic_t *ended)
{
    // Only without a container: there the kernel ends everything with the application.
    while (*ended == 0 && take_events(observer, group)) {
        record_flush_losses(&observer->record);
    }
}
