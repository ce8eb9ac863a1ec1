/** Why reading or writing an image failed. */
export type OciErrorCode =
  | 'truncated'
  | 'corrupt'
  | 'hostile'
  | 'too-large'
  | 'digest-mismatch'
  | 'unsupported'
  | 'not-found'
  | 'not-an-image';

/** An error of this package; `message` names the object (archive, layer, entry) that failed. */
export class OciError extends Error {
  readonly code: OciErrorCode;
  constructor(code: OciErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OciError';
    this.code = code;
  }
}
