#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "version.h"

enum {
    RESERVE_STEP = 256 * 1024,
    /** Of the reserved space, what only losses may take. */
    RESERVE_FOR_LOSSES = 4096,
    /** Least time between two writes of losses. */
    LOSS_INTERVAL_MS = 20,
    /** Frames between two looks at the file's size. */
    CHECK_INTERVAL = 256,
};

static const uint64_t ns_per_ms = 1000000;

uint64_t clock_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * ns_per_ms + (uint64_t)now.tv_nsec;
}

int record_open_file(const char *path, struct err *err)
{
    // Memory of a file that may be written to is memory that may be read (mmap(2), EACCES).
    static const int ways[] = {O_RDWR, O_WRONLY};
    int file = -1;
    for (size_t i = 0; file < 0 && i < sizeof ways / sizeof ways[0]; i++) {
        file = open(path, ways[i] | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644);
    }
    return file < 0 ? err_set(err, errno, "cannot open the record %s", path) : file;
}

int record_open(struct record *record, const char *path, struct err *err)
{
    int file = record_open_file(path, err);
    if (file < 0) {
        return file;
    }
    record_adopt(record, file);
    return 0;
}

void record_adopt(struct record *record, int file)
{
    off_t end = lseek(file, 0, SEEK_END);
    record->file = file;
    record->end = end < 0 ? 0 : end;
    record->reserved = record->end;
    record->can_reserve = true;
}

void record_resume(struct record *record, off_t end)
{
    off_t size = lseek(record->file, 0, SEEK_END);
    if (size < end) {
        // Who puts a frame beyond the end of a file into its memory is killed (mmap(2), SIGBUS).
        record_mend(record);
        return;
    }
    // What was killed within a frame left a piece of it, and what it had reserved.
    if (end > 0 && size > end && ftruncate(record->file, end) < 0) {
        record->broken = true;
    }
    record_adopt(record, record->file);
}

void record_map(struct record *record)
{
    record->is_mapped = record->can_reserve && !record->was_shortened && record_window_suits(record->file);
    if (record->is_mapped) {
        // What was taken ahead for writing is no part of the file, and so of no window.
        record->reserved = record->end;
    }
}

/** Goes back to writing. */
static void unmap(struct record *record)
{
    record_window_close(&record->window);
    record->is_mapped = false;
    // Frames are appended from here on.
    if (ftruncate(record->file, record->end) < 0) {
        record->broken = true;
    }
    record->reserved = record->end;
}

void record_close(struct record *record)
{
    if (!record_is_whole(record)) {
        record_mend(record);
    }
    if (record->is_mapped) {
        unmap(record);
    }
}

/** Takes disk space up to an offset. */
static bool reserve_to(struct record *record, off_t end)
{
    int mode = record->is_mapped ? 0 : FALLOC_FL_KEEP_SIZE;
    if (fallocate(record->file, mode, record->reserved, end - record->reserved) < 0) {
        return false;
    }
    record->reserved = end;
    return true;
}

/**
 * Whether `length` more bytes leave room for losses. Disk space is taken ahead (fallocate(2)), so that a full disk is met while
 * there is still room to say so.
 */
static bool reserve(struct record *record, size_t length)
{
    off_t wanted = record->end + (off_t)length + RESERVE_FOR_LOSSES;
    if (!record->can_reserve || wanted <= record->reserved) {
        return true;
    }
    // On a disk that is nearly full, no more than is needed.
    const off_t more[] = {RESERVE_STEP, RESERVE_STEP / 16, 0};
    bool reserved = false;
    for (size_t i = 0; !reserved && i < sizeof more / sizeof more[0]; i++) {
        reserved = reserve_to(record, wanted + more[i]);
    }
    if (!reserved) {
        if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) {
            return false;
        }
        record->can_reserve = false;
    }
    if (record->is_mapped &&
        (!reserved || record_window_move(&record->window, record->file, record->end, record->reserved) < 0)) {
        unmap(record);
    }
    return true;
}

static bool append(struct record *record, const uint8_t *bytes, size_t length)
{
    if (record->broken) {
        return false;
    }
    ssize_t written;
    if (record->is_mapped) {
        written = record_window_put(&record->window, record->end, bytes, length) ? (ssize_t)length : 0;
    } else {
        do {
            written = write(record->file, bytes, length);
        } while (written < 0 && errno == EINTR);
    }
    if (written == (ssize_t)length) {
        record->end += written;
        if (record->shared_end != NULL) {
            atomic_store_explicit(record->shared_end, (uint64_t)record->end, memory_order_relaxed);
        }
        return true;
    }
    if (written > 0 && ftruncate(record->file, record->end) < 0) {
        record->broken = true;
    }
    return false;
}

/** Looks now and then, and before each frame where that costs a system call anyway. */
static void check(struct record *record)
{
    if (++record->unchecked < CHECK_INTERVAL && record->is_mapped) {
        return;
    }
    record->unchecked = 0;
    if (!record->is_mending && !record_is_whole(record)) {
        record_mend(record);
    }
}

struct frame record_begin(struct record *record, enum frame_kind kind)
{
    check(record);
    struct frame frame = {.bytes = record->buffer, .capacity = sizeof record->buffer};
    frame_begin(&frame, kind);
    return frame;
}

void record_end(struct record *record, struct frame *frame)
{
    if (!frame_end(frame)) {
        record_lose(record, LOSS_PATH_TOO_LONG);
        return;
    }
    if (!reserve(record, frame->used) || !append(record, frame->bytes, frame->used)) {
        record_lose(record, LOSS_WRITE_FAILED);
    }
}

void record_lose(struct record *record, enum loss_reason reason)
{
    if (record->losses[reason] < UINT32_MAX) {
        record->losses[reason]++;
    }
    record->losses_pending = true;
    record_flush_losses(record);
}

int record_flush_losses(struct record *record)
{
    if (!record->losses_pending) {
        return -1;
    }
    uint64_t now = clock_now_ns();
    uint64_t due = record->losses_said_ns + LOSS_INTERVAL_MS * ns_per_ms;
    if (record->losses_said_ns != 0 && now < due) {
        return (int)((due - now) / ns_per_ms) + 1;
    }
    record->losses_said_ns = now;
    record->losses_pending = false;
    for (unsigned reason = 0; reason < LOSS_REASONS; reason++) {
        if (record->losses[reason] == 0) {
            continue;
        }
        uint8_t bytes[32];
        struct frame frame = {.bytes = bytes, .capacity = sizeof bytes};
        frame_begin(&frame, FRAME_LOSS);
        frame_u8(&frame, (uint8_t)reason);
        frame_u32(&frame, record->losses[reason]);
        frame_u64(&frame, now);
        // Past the reserve: it is there for this.
        if (frame_end(&frame) && append(record, bytes, frame.used)) {
            record->losses[reason] = 0;
        } else {
            record->losses_pending = true;
        }
    }
    return record->losses_pending ? LOSS_INTERVAL_MS : -1;
}

void record_flush_losses_now(struct record *record)
{
    record->losses_said_ns = 0;
    record_flush_losses(record);
}

void record_hello(struct record *record)
{
    const struct record_origin *origin = &record->origin;
    struct frame frame = record_begin(record, FRAME_HELLO);
    frame_u32(&frame, 0x45524150); // "PARE"
    frame_u16(&frame, PARE_SENSOR_PROTOCOL);
    frame_u8(&frame, (uint8_t)origin->arch);
    frame_u8(&frame, origin->fanotify);
    frame_u8(&frame, origin->sensor_first);
    frame_u16(&frame, origin->first_free_port);
    frame_u64(&frame, clock_now_ns());
    frame_bytes(&frame, PARE_SENSOR_VERSION, strlen(PARE_SENSOR_VERSION));
    record_end(record, &frame);
}

void record_note(struct record *record, const char *message)
{
    struct frame frame = record_begin(record, FRAME_NOTE);
    frame_u64(&frame, clock_now_ns());
    frame_bytes(&frame, message, strlen(message));
    record_end(record, &frame);
}
