#pragma once

#include "observer.h"

/** Argument `index` of the call takes few values: writes this one, unless it was before. */
void observe_value(struct observer *observer, const struct event *event, unsigned index);
