#pragma once

#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/* seccomp_unotify(2). All return 0 or a negative errno. */

/** Asks that both sides run on one processor in turns (Linux 6.6), which halves the cost; may be refused. */
int listener_wake_in_turns(int listener);

/** Waits for a call. `notification` is all zero before. */
int listener_receive(int listener, struct seccomp_notif *notification);

/** Whether the call still waits. */
bool listener_is_valid(int listener, uint64_t id);

int listener_answer(int listener, const struct seccomp_notif_resp *response);
