#pragma once

#include "observer.h"

/** bind, connect, listen, sendto with an address, or i386's socketcall. */
void observe_socket(struct observer *observer, struct event *event, enum call_kind kind);
