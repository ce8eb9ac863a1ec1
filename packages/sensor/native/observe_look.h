#pragma once

#include "observe_rights.h"

/** Looks at what an argument of the call points at, where `report` says so. What cannot be read is not found. */
void observe_look(struct observer *observer, const struct event *event, struct call_report report,
                  struct call_findings *findings);

/** Classes of an extended attribute's name: numbers of the record, see PROTOCOL.md. */
enum attribute_class { ATTRIBUTE_OTHER, ATTRIBUTE_CAPABILITY, ATTRIBUTE_SECURITY, ATTRIBUTE_TRUSTED, ATTRIBUTE_SYSTEM };

enum attribute_class attribute_class_of(const char *name);
