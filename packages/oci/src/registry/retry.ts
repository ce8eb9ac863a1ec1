import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** The clock of waiting and trying again; a test has one that does not wait. */
export interface RetryClock {
  /** Milliseconds since the epoch. */
  now(): number;
  pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void>;
  /** From 0 to 1: spreads the attempts of many clients. */
  random(): number;
}

export const systemClock: RetryClock = {
  now: () => Date.now(),
  pause: (milliseconds, signal) =>
    delay(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw error;
    }),
  random: () => Math.random(),
};

/** How often a request is sent, the first time included. */
export const ATTEMPTS = 6;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;
/** A server that wants to be left alone for longer is not waited for. */
export const LONGEST_RETRY_AFTER_MS = 120_000;

const TRANSIENT_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
const TRANSIENT_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ERR_STREAM_PREMATURE_CLOSE',
  'HPE_INVALID_EOF_STATE',
  'EPROXYBUSY',
]);

/** Whether the same request may succeed a little later. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT_STATUSES.has(status);
}

/** Whether a connection broke in a way that a new one may not. */
export function isTransientError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && TRANSIENT_CODES.has(String(error.code));
}

/** How long to wait before attempt `attempt` + 1 (the first is 1): doubled each time, half of it by chance. */
export function backOffMs(attempt: number, clock: RetryClock): number {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  return Math.round(longest / 2 + (longest / 2) * clock.random());
}

/** What an answer's Retry-After says (RFC 9110 section 10.2.3), seconds or a date; undefined without one. */
export function retryAfterMs(
  { headers }: { readonly headers: IncomingHttpHeaders },
  clock: RetryClock,
): number | undefined {
  const value = headers['retry-after'];
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now());
}
