import { PareError, type PareErrorCode } from '../../model/pare-error.ts';

/** The engine answered a call with an error status. */
export class ApiError extends PareError {
  /** The HTTP status. */
  readonly status: number;
  constructor(status: number, code: PareErrorCode, message: string, hint: string | undefined) {
    super(code, message, hint === undefined ? {} : { hint });
    this.status = status;
  }
}

/** Makes the error of a call that was answered with `status`; `body` is the answer's (start of the) text. */
export function parseApiError(doing: string, status: number, body: string): ApiError {
  const said = parseMessage(body) || `HTTP status ${status}`;
  const code = codeOf(status, said);
  return new ApiError(status, code, `${doing}: ${said}`, hintOf(code));
}

/** The code of an error that an engine words, in an answer or in the middle of a stream. */
export function codeOf(status: number | undefined, message: string): PareErrorCode {
  if (/no space left on device|disk quota exceeded/i.test(message)) return 'disk-full';
  // Docker, Podman; a reference in the wrong form cannot name an image either.
  const noImage = /no such image|image not known|invalid reference format/i.test(message);
  if (noImage && (status === 404 || status === 400)) return 'image-not-found';
  return 'engine-failed';
}

/** What a user can do about an error of this code. */
export function hintOf(code: PareErrorCode): string | undefined {
  switch (code) {
    case 'disk-full':
      return 'make room where the engine keeps its data (`docker system df` shows what takes it), then try again';
    case 'image-not-found':
      return 'check the name with `docker images`, or pull the image first';
    default:
      return undefined;
  }
}

function parseMessage(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) {
      // Docker says `message`; Podman's own errors say `cause` too.
      const message = 'message' in parsed ? parsed.message : undefined;
      if (typeof message === 'string') return message.trim();
    }
  } catch {
    // A proxy in between answers with text of its own.
  }
  return body.trim().slice(0, 1000);
}

const causes: Readonly<Record<string, string>> = {
  ENOENT: 'there is no socket',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the host name could not be looked up',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'timed out',
  ENOTSOCK: 'not a socket',
};

/** Says in a few words why a connection failed. */
export function explainConnectionFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  // An AggregateError of several addresses tried has an empty message.
  return causes[code] ?? (error.message || code);
}
