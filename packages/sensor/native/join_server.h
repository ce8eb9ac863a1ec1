#pragma once

#include "guardian.h"
#include "seat.h"

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

/** Makes the socket on which commands join. Returns it, or a negative errno. */
int join_listen(const char *path, struct err *err);

/** Takes the next connection and fills the seat for it. Returns a negative errno when nothing came of it. */
int join_accept(const struct guardian_input *input, pid_t supervisor, struct seat *seat);

/** Closes the next connection. */
void join_refuse(int join_socket);
