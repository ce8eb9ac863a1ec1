#include "descriptors.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE (1U << 1)
#endif

enum { MAX_KEPT = 8, STANDARD_STREAMS = 3 };

static bool is_kept(const int *kept, size_t count, int descriptor)
{
    for (size_t i = 0; i < count; i++) {
        if (kept[i] == descriptor) {
            return true;
        }
    }
    return false;
}

/** The smallest kept descriptor from `from` on, -1 for none. */
static int next_kept(const int *kept, size_t count, int from)
{
    int next = -1;
    for (size_t i = 0; i < count; i++) {
        if (kept[i] >= from && (next < 0 || kept[i] < next)) {
            next = kept[i];
        }
    }
    return next;
}

int descriptors_keep(const int *kept, size_t count, struct err *err)
{
    if (count > MAX_KEPT) {
        return err_set(err, E2BIG, "too many descriptors to keep");
    }
    int highest = -1;
    for (size_t i = 0; i < count; i++) {
        highest = kept[i] > highest ? kept[i] : highest;
    }
    // Docker's profile refuses unshare; where close_range is missing (Linux < 5.9) there is only that.
    if (syscall(SYS_close_range, (unsigned)highest + 1, UINT32_MAX, CLOSE_RANGE_UNSHARE) < 0) {
        if (unshare(CLONE_FILES) < 0) {
            return err_set(err, errno, "cannot leave the launcher's descriptors");
        }
        for (int stream = 0; stream < STANDARD_STREAMS; stream++) {
            if (!is_kept(kept, count, stream)) {
                close(stream);
            }
        }
        return 0;
    }
    for (int from = 0; from <= highest;) {
        int next = next_kept(kept, count, from);
        if (next > from) {
            syscall(SYS_close_range, (unsigned)from, (unsigned)next - 1, 0);
        }
        from = next + 1;
    }
    return 0;
}
