#pragma once

#include "observer.h"

/** Writes what the caller's group may do, where it is new. */
void observe_rights(struct observer *observer, const struct event *event);

/** A call that may need a capability: writes its arguments that `report` names, once for a program image. */
void observe_call(struct observer *observer, const struct event *event, struct call_report report);

enum { CALL_FINDINGS = 2 };

/** What was found where an argument points, as numbers (PROTOCOL.md, frame 10). */
struct call_findings {
    size_t count;
    uint64_t values[CALL_FINDINGS];
};

/** Writes the call with what was found. */
void observe_call_with(struct observer *observer, const struct event *event, struct call_report report,
                       const struct call_findings *findings);
