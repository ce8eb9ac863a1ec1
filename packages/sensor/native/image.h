#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "remote.h"

/**
 * Bytes of a program's text at a place where it runs. Address space randomisation puts them elsewhere with each execve, fork
 * copies them: whether they are there tells whether a thread runs the same program image, without a look into /proc.
 */
struct text_mark {
    /** 0 for none. */
    uint64_t at;
    uint8_t bytes[16];
};

enum text_match { TEXT_SAME, TEXT_DIFFERS, TEXT_UNKNOWN };

/** Reads the mark of what thread `tid` runs at `at`; none where that would tell nothing. */
struct text_mark text_mark_read(struct remote *remote, pid_t tid, uint64_t at);

/** Whether the mark is where thread `tid` runs. Unknown without a mark, and when the memory may not be read. */
enum text_match text_mark_compare(struct remote *remote, pid_t tid, const struct text_mark *mark);

/** The kernel's mark of a thread's image (struct proc_stat); 0 when it may not be seen. */
uint64_t image_read(pid_t tid);

/** Whether address spaces of new programs are laid out at random here: kernel.randomize_va_space and personality(2). */
bool image_is_randomized(void);
