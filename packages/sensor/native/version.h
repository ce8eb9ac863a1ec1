#pragma once

/** Both are repeated in src/version.ts; a test compares them. */
#define PARE_SENSOR_VERSION "0.2.0"
/** Raised with every change of PROTOCOL.md that an older decoder would misread. */
#define PARE_SENSOR_PROTOCOL 3
