#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What a command that joins is told first, and with it which version it talks to. */
struct join_greeting {
    uint32_t magic;
    uint16_t protocol;
    /** There is no listener to hand over: files are watched for everyone. */
    uint16_t no_listener;
    int32_t guardian;
    int32_t supervisor;
};

enum {
    JOIN_MAGIC = 0x4A524150,
    /** Its listener and its record. */
    JOIN_DESCRIPTORS = 2,
};

/** Takes a greeting of this protocol, which names two processes. The other end is whoever listens on the socket. */
bool join_parse_greeting(const void *bytes, size_t size, struct join_greeting *greeting);

/**
 * Finds the descriptors in what recvmsg(2) filled in as control data. Returns how many there are, also beyond `capacity`, of which
 * so many are put into `descriptors`. They are the caller's own then.
 */
size_t join_parse_rights(const void *control, size_t size, int *descriptors, size_t capacity);
