#pragma once

#include "observer.h"

/** Writes what the caller's group may do, where it is new. */
void observe_rights(struct observer *observer, const struct event *event);

/** A call that may need a capability: writes its arguments that `report` names, once for a program image. */
void observe_call(struct observer *observer, const struct event *event, struct call_report report);
