#include "image.h"

#include <errno.h>
#include <string.h>
#include <sys/personality.h>

#include "proc.h"

/** Programs that are linked to fixed addresses, and those of 32 bits, are below; the others above. */
static const uint64_t randomized_from = 1ull << 32;

struct text_mark text_mark_read(struct remote *remote, pid_t tid, uint64_t at)
{
    struct text_mark mark = {.at = 0};
    // By /proc/PID/mem it would take longer than what it saves.
    if (at >= randomized_from && !remote->use_mem &&
        remote_read(remote, tid, at - sizeof mark.bytes, mark.bytes, sizeof mark.bytes) == (ssize_t)sizeof mark.bytes) {
        mark.at = at - sizeof mark.bytes;
    }
    return mark;
}

enum text_match text_mark_compare(struct remote *remote, pid_t tid, const struct text_mark *mark)
{
    uint8_t bytes[sizeof mark->bytes];
    if (mark->at == 0 || remote->use_mem) {
        return TEXT_UNKNOWN;
    }
    ssize_t got = remote_read(remote, tid, mark->at, bytes, sizeof bytes);
    if (got == -EFAULT) {
        return TEXT_DIFFERS;
    }
    if (got != (ssize_t)sizeof bytes) {
        return TEXT_UNKNOWN;
    }
    return memcmp(bytes, mark->bytes, sizeof bytes) == 0 ? TEXT_SAME : TEXT_DIFFERS;
}

uint64_t image_read(pid_t tid)
{
    struct proc_stat stat;
    return proc_read_stat(tid, &stat) ? stat.image : 0;
}

bool image_is_randomized(void)
{
    // personality(2): this value only asks.
    int current = personality(0xffffffff);
    return current >= 0 && (current & ADDR_NO_RANDOMIZE) == 0 && proc_randomizes_addresses();
}
