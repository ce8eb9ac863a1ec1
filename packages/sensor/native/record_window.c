#include "record_window.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#ifndef XFS_SUPER_MAGIC
#define XFS_SUPER_MAGIC 0x58465342
#endif

enum {
    /** The largest page of every architecture that we run on. */
    PAGE_BYTES = 65536,
    LENGTH_BYTES = 4,
};

bool record_window_suits(int file)
{
    struct statfs status;
    if (fstatfs(file, &status) < 0) {
        return false;
    }
    unsigned long type = (unsigned long)status.f_type;
    return type == EXT4_SUPER_MAGIC || type == XFS_SUPER_MAGIC || type == TMPFS_MAGIC;
}

void record_window_close(struct record_window *window)
{
    if (window->memory != NULL) {
        munmap(window->memory, window->size);
    }
    *window = (struct record_window){.memory = NULL};
}

int record_window_move(struct record_window *window, int file, off_t from, off_t to)
{
    off_t begin = from - from % PAGE_BYTES;
    size_t size = (size_t)(to - begin);
    record_window_close(window);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, begin);
    if (memory == MAP_FAILED) {
        return -errno;
    }
    *window = (struct record_window){memory, begin, size};
    return 0;
}

bool record_window_put(struct record_window *window, off_t at, const uint8_t *frame, size_t length)
{
    if (window->memory == NULL || at < window->begin || length < LENGTH_BYTES) {
        return false;
    }
    size_t offset = (size_t)(at - window->begin);
    if (offset > window->size || length > window->size - offset) {
        return false;
    }
    uint8_t *place = window->memory + offset;
    memcpy(place + LENGTH_BYTES, frame + LENGTH_BYTES, length - LENGTH_BYTES);
    uint32_t size;
    memcpy(&size, frame, sizeof size);
    // The frame's body is there before its length is.
    atomic_thread_fence(memory_order_release);
    // In one instruction: readers know how to take one that is cut by a cache line's end (PROTOCOL.md).
    memcpy(place, &size, sizeof size);
    atomic_signal_fence(memory_order_seq_cst);
    return true;
}
