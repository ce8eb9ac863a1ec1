#include "observe_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "observe_path.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

enum {
    MAX_ARGUMENTS = 64,
    /** Bytes of one argument that are recorded. */
    ARGUMENT_LIMIT = 4096,
    FLAG_ARGUMENTS_CUT = 1,
    POINTER_BYTES = 256,
};

/** Some pointers of a vector: one read takes many. */
struct pointers {
    uint64_t vector;
    size_t width;
    /** Of the bytes that are held. */
    uint64_t begin;
    size_t size;
    uint8_t bytes[POINTER_BYTES];
};

/** Pointer number `position` of a vector; 0 at its end, and where it cannot be read. */
static uint64_t read_pointer(struct observer *observer, const struct event *event, struct pointers *pointers,
                             size_t position)
{
    uint64_t at = pointers->vector + position * pointers->width;
    if (at + pointers->width > pointers->begin + pointers->size) {
        // Never across a page's end: the vector may end just before an unmapped page.
        size_t wanted = REMOTE_PAGE_BYTES - (size_t)(at % REMOTE_PAGE_BYTES);
        wanted = wanted < pointers->width ? pointers->width : wanted > POINTER_BYTES ? POINTER_BYTES : wanted;
        ssize_t got = remote_read(&observer->processes->remote, event->tid, at, pointers->bytes, wanted);
        if (got < (ssize_t)pointers->width) {
            return 0;
        }
        pointers->begin = at;
        pointers->size = (size_t)got;
    }
    uint64_t pointer = 0;
    memcpy(&pointer, pointers->bytes + (at - pointers->begin), pointers->width);
    return pointer;
}

static void put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

/** Appends the count and the arguments. Returns whether some were cut off or could not be read. */
static bool append_arguments(struct observer *observer, const struct event *event, uint64_t vector,
                             struct frame *frame)
{
    struct pointers pointers = {
        .vector = vector, .width = event->arch == ARCH_NATIVE ? sizeof(uint64_t) : sizeof(uint32_t)};
    bool cut = false;
    size_t count = 0;
    size_t count_at = frame->used;
    frame_u16(frame, 0);
    while (vector != 0) {
        uint64_t pointer = read_pointer(observer, event, &pointers, count);
        if (pointer == 0) {
            break;
        }
        if (count == MAX_ARGUMENTS) {
            cut = true;
            break;
        }
        ssize_t length =
            remote_read_string(&observer->processes->remote, event->tid, pointer, observer->text, ARGUMENT_LIMIT);
        cut = cut || length < 0;
        frame_bytes(frame, observer->text, length >= 0 ? (size_t)length : length == -E2BIG ? ARGUMENT_LIMIT : 0);
        count++;
    }
    if (!frame->overflow) {
        put_u16(frame->bytes + count_at, count);
    }
    return cut;
}

void observe_exec(struct observer *observer, const struct event *event, int descriptor, uint64_t path,
                  uint64_t arguments, uint32_t flags)
{
    bool found = observe_path_read(observer, event, descriptor, path);
    if (!found && (flags & AT_EMPTY_PATH) != 0) {
        // fexecve(3): the descriptor is the program.
        found = observe_path_resolve(observer, event, descriptor, "", 0);
    }
    if (!found) {
        return;
    }
    observe_path_record(observer, event, flags);
    // A shell tries each directory of PATH: only what can succeed begins a new image.
    uint32_t mode = path_program_mode(&observer->path, event->tid);
    if (mode == 0) {
        return;
    }
    if ((mode & (S_ISUID | S_ISGID)) != 0) {
        process_set_rights_due(observer->processes, event->process);
    }
    struct frame frame = record_begin(&observer->record, FRAME_EXEC);
    frame_u32(&frame, observer->processes->last_exec + 1);
    frame_u32(&frame, (uint32_t)event->tgid);
    frame_u32(&frame, (uint32_t)event->process->parent);
    frame_u64(&frame, event->now_ns);
    size_t flags_at = frame.used;
    frame_u8(&frame, 0);
    frame_bytes(&frame, observer->path.text, observer->path.length);
    if (append_arguments(observer, event, arguments, &frame)) {
        frame.bytes[flags_at] = FLAG_ARGUMENTS_CUT;
    }
    if (observer_still_waits(observer, event)) {
        process_ask_exec(observer->processes, event->process);
        record_end(&observer->record, &frame);
    }
}
