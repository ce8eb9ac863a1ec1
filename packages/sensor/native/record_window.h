#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** A piece of the record's file in memory: a frame that is put there needs no system call, and outlives the process. */
struct record_window {
    uint8_t *memory;
    off_t begin;
    size_t size;
};

/**
 * Whether what one maps of the file is at once what others read of it, and its disk space can be had ahead: on ext4, xfs and
 * tmpfs. Others (network file systems, FUSE, what a virtual machine shares) are written to.
 */
bool record_window_suits(int file);

/** Maps the bytes from `from` to `to`, of which the disk has room, in place of what is mapped. Returns a negative errno. */
int record_window_move(struct record_window *window, int file, off_t from, off_t to);

void record_window_close(struct record_window *window);

/**
 * Puts a frame at a place of the file. Its length is stored last: until then whoever reads the file finds a zero there, and so does
 * whoever reads it after the process was killed. False when the window does not have the place.
 */
bool record_window_put(struct record_window *window, off_t at, const uint8_t *frame, size_t length);
