#pragma once

#include "guardian.h"
#include "join_message.h"
#include "seat.h"

/** Makes the socket on which commands join. Returns it, or a negative errno. */
int join_listen(const char *path, struct err *err);

/** Takes the next connection and fills the seat for it. Returns a negative errno when nothing came of it. */
int join_accept(const struct guardian_input *input, pid_t supervisor, struct seat *seat);

/** Closes the next connection. */
void join_refuse(int join_socket);
