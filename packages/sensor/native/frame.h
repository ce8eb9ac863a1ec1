#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The kinds of PROTOCOL.md. */
enum frame_kind {
    FRAME_HELLO = 1,
    FRAME_EXEC = 2,
    FRAME_PATH = 3,
    FRAME_SYSCALL = 4,
    FRAME_ARGUMENT = 5,
    FRAME_SOCKET = 6,
    FRAME_LOSS = 7,
    FRAME_NOTE = 8,
    FRAME_RIGHTS = 9,
    FRAME_CALL = 10,
};

/** Bytes of one frame in the making, in memory that the caller holds. */
struct frame {
    uint8_t *bytes;
    size_t capacity;
    size_t used;
    /** It did not fit; what is in `bytes` is then of no use. */
    bool overflow;
};

/** Begins a frame: its length, still open, and its kind. */
void frame_begin(struct frame *frame, enum frame_kind kind);

/** Closes it: writes the length. Returns false when it did not fit. */
bool frame_end(struct frame *frame);

/** Integers are little endian. */
void frame_u8(struct frame *frame, uint8_t value);
void frame_u16(struct frame *frame, uint16_t value);
void frame_u32(struct frame *frame, uint32_t value);
void frame_u64(struct frame *frame, uint64_t value);

/** A length of two bytes, then the bytes. More than 65535 are an overflow. */
void frame_bytes(struct frame *frame, const void *bytes, size_t length);
