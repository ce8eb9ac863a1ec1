/** Of the prebuilt binaries; the same as in native/version.h. */
export const sensorVersion = '0.2.0';

/** Of PROTOCOL.md. */
export const sensorProtocol = 3;
