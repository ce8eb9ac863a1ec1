#include "observe_path.h"

#include <errno.h>
#include <fcntl.h>

#include "generated/syscall_numbers.h"

/** Flags of open(2) that change what is meant; the rest (O_CLOEXEC, O_LARGEFILE, ...) does not. */
static const uint32_t open_class = O_ACCMODE | O_CREAT | O_EXCL | O_TRUNC | O_APPEND | O_DIRECTORY | O_NOFOLLOW |
                                   O_PATH | (O_TMPFILE & ~O_DIRECTORY);

static bool is_open(const struct event *event)
{
    static const int32_t opens[][ARCH_COUNT] = {NUMBERS_open, NUMBERS_openat, NUMBERS_openat2};
    for (size_t i = 0; i < sizeof opens / sizeof opens[0]; i++) {
        if (opens[i][event->arch] == (int32_t)event->number) {
            return true;
        }
    }
    return false;
}

static void lose(struct observer *observer, const struct event *event, enum loss_reason reason)
{
    // A caller that ended meanwhile did not make the call.
    if (observer_still_waits(observer, event)) {
        record_lose(&observer->record, reason);
    }
}

bool observe_path_resolve(struct observer *observer, const struct event *event, int descriptor, const char *text,
                          size_t length)
{
    struct path *path = &observer->path;
    int result = 0;
    path->length = 0;
    path->text[0] = '\0';
    if (length == 0 || text[0] != '/') {
        result = path_of_directory(path, event->tid, descriptor);
    } else if (observer->roots_differ) {
        result = path_of_root(path, event->tid);
    }
    if (result == 0) {
        result = path_append(path, text, length);
    }
    switch (result) {
    case 0:
        return true;
    case -ENOTDIR:
    case -ESRCH:
        // The call fails, or is not made.
        return false;
    case -ENAMETOOLONG:
        lose(observer, event, LOSS_PATH_TOO_LONG);
        return false;
    default:
        lose(observer, event, LOSS_UNRESOLVED_DIRECTORY);
        return false;
    }
}

bool observe_path_read(struct observer *observer, const struct event *event, int descriptor, uint64_t address)
{
    ssize_t length =
        remote_read_string(&observer->processes->remote, event->tid, address, observer->text, sizeof observer->text);
    if (length == -EPERM) {
        lose(observer, event, LOSS_UNREADABLE_MEMORY);
    }
    // The kernel refuses the others too: no memory there, too long, empty.
    return length > 0 && observe_path_resolve(observer, event, descriptor, observer->text, (size_t)length);
}

void observe_path_record(struct observer *observer, const struct event *event, uint32_t flags)
{
    const struct path *path = &observer->path;
    uint32_t class = is_open(event) ? flags & open_class : flags;
    const uint64_t key[] = {FACT_PATH, event->exec, event->arch, event->number, class};
    struct fingerprint fingerprint =
        unique_fingerprint(&observer->unique, key, sizeof key / sizeof key[0], path->text, path->length);
    struct unique_place place;
    if (unique_find(&observer->unique, fingerprint, &place)) {
        return;
    }
    struct path_status found = lookup_path(&observer->lookup, path, event->tid, event->now_ns);
    if (!observer_still_waits(observer, event)) {
        return;
    }
    unique_put(&observer->unique, &place);
    struct frame frame = record_begin(&observer->record, FRAME_PATH);
    frame_u32(&frame, event->exec);
    frame_u32(&frame, (uint32_t)event->tgid);
    frame_u64(&frame, event->now_ns);
    frame_u8(&frame, (uint8_t)event->arch);
    frame_u32(&frame, event->number);
    frame_u32(&frame, flags);
    frame_u8(&frame, (uint8_t)found.existence);
    frame_u32(&frame, found.mode);
    frame_u32(&frame, found.uid);
    frame_u32(&frame, found.gid);
    frame_bytes(&frame, path->text, path->length);
    record_end(&observer->record, &frame);
}

bool observe_path(struct observer *observer, const struct event *event, int descriptor, uint64_t address,
                  uint32_t flags)
{
    if (!observe_path_read(observer, event, descriptor, address)) {
        return false;
    }
    observe_path_record(observer, event, flags);
    return true;
}
