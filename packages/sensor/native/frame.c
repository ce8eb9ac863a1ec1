#include "frame.h"

#include <string.h>

enum { LENGTH_BYTES = 4 };

static void append(struct frame *frame, const void *bytes, size_t length)
{
    if (frame->overflow || length > frame->capacity - frame->used) {
        frame->overflow = true;
        return;
    }
    memcpy(frame->bytes + frame->used, bytes, length);
    frame->used += length;
}

static void append_integer(struct frame *frame, uint64_t value, size_t width)
{
    uint8_t bytes[sizeof value];
    for (size_t i = 0; i < width; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
    append(frame, bytes, width);
}

void frame_begin(struct frame *frame, enum frame_kind kind)
{
    frame->used = 0;
    frame->overflow = false;
    frame_u32(frame, 0);
    frame_u8(frame, (uint8_t)kind);
}

bool frame_end(struct frame *frame)
{
    if (frame->overflow) {
        return false;
    }
    size_t used = frame->used;
    frame->used = 0;
    frame_u32(frame, (uint32_t)(used - LENGTH_BYTES));
    frame->used = used;
    return true;
}

void frame_u8(struct frame *frame, uint8_t value)
{
    append(frame, &value, 1);
}

void frame_u16(struct frame *frame, uint16_t value)
{
    append_integer(frame, value, 2);
}

void frame_u32(struct frame *frame, uint32_t value)
{
    append_integer(frame, value, 4);
}

void frame_u64(struct frame *frame, uint64_t value)
{
    append_integer(frame, value, 8);
}

void frame_bytes(struct frame *frame, const void *bytes, size_t length)
{
    if (length > UINT16_MAX) {
        frame->overflow = true;
        return;
    }
    frame_u16(frame, (uint16_t)length);
    append(frame, bytes, length);
}
