#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "arch.h"
#include "err.h"
#include "frame.h"
#include "record_window.h"

enum { RECORD_BUFFER = 512 * 1024 };

enum loss_reason {
    LOSS_UNREADABLE_MEMORY,
    LOSS_UNRESOLVED_DIRECTORY,
    LOSS_PATH_TOO_LONG,
    LOSS_WRITE_FAILED,
    LOSS_TABLE_FULL,
    /** A supervisor was killed; another goes on. What it was about when it died may be missing. */
    LOSS_SUPERVISOR_KILLED,
    /** From here on nothing is seen. */
    LOSS_UNWATCHED,
    LOSS_REASONS,
};

/** What the first frame says. */
struct record_origin {
    enum arch arch;
    bool fanotify;
    bool sensor_first;
    /** The lowest port that needs no capability here (net.ipv4.ip_unprivileged_port_start). */
    uint16_t first_free_port;
};

/** The record file. Appends whole frames, and keeps room on the disk for saying that it could not. */
struct record {
    int file;
    /** End of the last whole frame. */
    off_t end;
    /** Up to where the disk's space was reserved; 0 where the file system cannot. */
    off_t reserved;
    bool can_reserve;
    /** Frames are put into the file's memory, what is reserved is a part of the file, and all zero behind `end`. */
    bool is_mapped;
    struct record_window window;
    /** A piece of a frame stands at the end and cannot be cut off: nothing can follow it. */
    bool broken;
    /** Frames since the file's size was looked at. */
    uint32_t unchecked;
    bool is_mending;
    /** Another has shortened the file: it is not mapped again, and nobody is killed for that again. */
    bool was_shortened;
    /** What the first frame says, should it have to be written again. */
    struct record_origin origin;
    /** Where `end` is told to who may have to go on with the record; NULL for nobody. */
    _Atomic uint64_t *shared_end;
    uint32_t losses[LOSS_REASONS];
    bool losses_pending;
    uint64_t losses_said_ns;
    uint8_t buffer[RECORD_BUFFER];
};

uint64_t clock_now_ns(void);

/** Opens the file for appending, creates it when missing. It is closed on exec. */
int record_open(struct record *record, const char *path, struct err *err);

/** The file alone, as a descriptor; a negative errno on failure. */
int record_open_file(const char *path, struct err *err);

/** Begins to write at the end of a file that is open already. */
void record_adopt(struct record *record, int file);

/**
 * Goes on behind the last whole frame, whose end the one that died had told; 0: it wrote none. Where another has shortened the
 * file meanwhile, as `record_mend` does.
 */
void record_resume(struct record *record, off_t end);

/**
 * Goes on behind the last whole frame that is left in a file that another has shortened, with a hello where none is, and says so by a
 * note and a loss. What was cut off is gone.
 */
void record_mend(struct record *record);

/** Whether the file is as long as what was written to it. */
bool record_is_whole(const struct record *record);

/** From here on frames need no system call each, where the file allows that. */
void record_map(struct record *record);

/** Gives back what was reserved; the file ends with the last frame. */
void record_close(struct record *record);

/** A frame to be filled in the record's buffer; only one at a time. */
struct frame record_begin(struct record *record, enum frame_kind kind);

/** Writes it. A frame that could not be written is counted as a loss. */
void record_end(struct record *record, struct frame *frame);

/** Counts a loss. It is written at once, or after a while when losses come in a storm. */
void record_lose(struct record *record, enum loss_reason reason);

/** Writes the losses that are due. Returns milliseconds until others are, -1 for none. */
int record_flush_losses(struct record *record);

/** Writes every loss that was not, however long ago the last were written. */
void record_flush_losses_now(struct record *record);

/** The first frame. */
void record_hello(struct record *record);
void record_note(struct record *record, const char *message);
