#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"
#include "err.h"
#include "frame.h"

enum { RECORD_BUFFER = 512 * 1024 };

enum loss_reason {
    LOSS_UNREADABLE_MEMORY,
    LOSS_UNRESOLVED_DIRECTORY,
    LOSS_PATH_TOO_LONG,
    LOSS_WRITE_FAILED,
    LOSS_TABLE_FULL,
    LOSS_REASONS,
};

/** The record file. Appends whole frames, and keeps room on the disk for saying that it could not. */
struct record {
    int file;
    /** End of the last whole frame. */
    off_t end;
    /** Up to where the disk's space was reserved; 0 where the file system cannot. */
    off_t reserved;
    bool can_reserve;
    /** A piece of a frame stands at the end and cannot be cut off: nothing can follow it. */
    bool broken;
    uint32_t losses[LOSS_REASONS];
    bool losses_pending;
    uint64_t losses_said_ns;
    uint8_t buffer[RECORD_BUFFER];
};

uint64_t clock_now_ns(void);

/** Opens the file for appending, creates it when missing. It is closed on exec. */
int record_open(struct record *record, const char *path, struct err *err);

/** A frame to be filled in the record's buffer; only one at a time. */
struct frame record_begin(struct record *record, enum frame_kind kind);

/** Writes it. A frame that could not be written is counted as a loss. */
void record_end(struct record *record, struct frame *frame);

/** Counts a loss. It is written at once, or after a while when losses come in a storm. */
void record_lose(struct record *record, enum loss_reason reason);

/** Writes the losses that are due. Returns milliseconds until others are, -1 for none. */
int record_flush_losses(struct record *record);

void record_hello(struct record *record, enum arch arch);
void record_note(struct record *record, const char *message);
