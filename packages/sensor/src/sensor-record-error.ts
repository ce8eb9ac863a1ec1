/** Why a record, or the sensor itself, cannot be used. */
export type SensorErrorCode =
  /** The stream does not begin with a hello frame: it is no record. */
  | 'not-a-record'
  /** Written by a sensor of another protocol. */
  | 'unsupported-protocol'
  /** A frame longer than any that the sensor writes. */
  | 'frame-too-long'
  /** A frame's kind, length or content is not as PROTOCOL.md says. */
  | 'malformed-frame'
  /** `push` after `end`. */
  | 'decoder-ended'
  /** The sensor's binary is missing, or not the one that its hash names. */
  | 'sensor-missing'
  | 'sensor-hash-mismatch';

/** An error of this package; `code` says what, the message on which frame or file. */
export class SensorRecordError extends Error {
  readonly code: SensorErrorCode;
  constructor(code: SensorErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SensorRecordError';
    this.code = code;
  }
}
