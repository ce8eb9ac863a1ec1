/** Why reading or writing an image failed. */
export type OciErrorCode =
  | 'truncated'
  | 'corrupt'
  | 'hostile'
  | 'too-large'
  | 'digest-mismatch'
  | 'unsupported'
  | 'not-found'
  | 'not-an-image'
  /** An index has no image for the platform that was asked for. */
  | 'foreign-platform'
  /** A registry wants other credentials, or none that we have suffice. */
  | 'denied'
  /** A registry cannot be reached, or answers with an error, after all that trying again could do. */
  | 'registry-failed'
  /** Another process keeps for itself what is needed here. */
  | 'timed-out';

/** An error of this package; `message` names the object (archive, layer, entry) that failed. */
export class OciError extends Error {
  readonly code: OciErrorCode;
  constructor(code: OciErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OciError';
    this.code = code;
  }
}
