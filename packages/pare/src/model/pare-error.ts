/** Every way that Pare can fail on something outside itself. Each has one exit code (`cli/exit-codes.ts`). */
export type PareErrorCode =
  | 'usage'
  | 'no-engine'
  | 'engine-failed'
  | 'image-not-found'
  | 'image-invalid'
  | 'image-foreign-architecture'
  | 'image-without-command'
  | 'image-is-a-shell'
  | 'registry-denied'
  | 'registry-failed'
  | 'container-exited'
  | 'container-not-ready'
  | 'probe-failed'
  | 'observation-failed'
  | 'verification-failed'
  | 'disk-full'
  | 'cancelled'
  | 'timed-out';

/**
 * An error that ends a command. `message` names what failed and on which object; `hint` says what to do next.
 * `details` is for the eyes of the user too (the last lines of a log, a diff), one line an element.
 */
export class PareError extends Error {
  readonly code: PareErrorCode;
  readonly hint: string | undefined;
  readonly details: readonly string[];
  constructor(
    code: PareErrorCode,
    message: string,
    options: { readonly hint?: string; readonly details?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PareError';
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? [];
  }
}
