import { setTimeout as delay } from 'node:timers/promises';
import type { Fetched, HostAddress, HttpTarget } from './http-port.ts';
import { type FetchLimits, fetchOnce, HttpFailure } from './request.ts';

export type Detection =
  | { readonly kind: 'http'; readonly target: HttpTarget; readonly first: Fetched }
  /** It answered neither HTTP nor HTTPS; `reason` is for people. */
  | { readonly kind: 'other'; readonly reason: string };

/** How servers word that they were spoken to in plain HTTP on a TLS port: nginx, Apache, Go's net/http, Jetty and Tomcat. */
const wantsTls =
  /HTTP request (?:was sent )?to (?:an )?HTTPS (?:port|server)|plain HTTP to an SSL-enabled|combination of host and port requires TLS/i;

/** What is asked to find out, and how long for a better answer than that of a gateway. */
export interface DetectionQuestion {
  readonly path: string;
  /** Of `performance.now()`. */
  readonly readyBy: number;
}

/**
 * Asks for a path of a port, by HTTP and where the answer calls for it by HTTPS; the port's number says nothing.
 * A gateway error (502 to 504) is asked again until `readyBy`: what stands in front was ready before what it serves.
 */
export async function detectProtocol(
  port: number,
  address: HostAddress,
  limits: FetchLimits,
  question: DetectionQuestion,
): Promise<Detection> {
  const plain: HttpTarget = { scheme: 'http', port, address };
  const secure: HttpTarget = { scheme: 'https', port, address };
  const answer = await attempt(plain, limits, question);
  if (!(answer instanceof HttpFailure)) {
    if (answer.answer.status !== 400 || !wantsTls.test(answer.answer.bodyText ?? '')) {
      return { kind: 'http', target: plain, first: answer };
    }
  } else if (!mayBeTls(answer)) {
    return { kind: 'other', reason: answer.message };
  }
  const secured = await attempt(secure, limits, question);
  if (!(secured instanceof HttpFailure)) return { kind: 'http', target: secure, first: secured };
  const reason = answer instanceof HttpFailure ? answer.message : secured.message;
  return answer instanceof HttpFailure
    ? { kind: 'other', reason }
    : { kind: 'http', target: plain, first: answer };
}

async function attempt(
  target: HttpTarget,
  limits: FetchLimits,
  { path, readyBy }: DetectionQuestion,
): Promise<Fetched | HttpFailure> {
  for (;;) {
    try {
      const fetched = await fetchOnce(target, { method: 'GET', path, headers: {} }, limits);
      if (![502, 503, 504].includes(fetched.answer.status) || performance.now() >= readyBy) return fetched;
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      return error;
    }
    await delay(50, undefined, { signal: limits.signal });
  }
}

/** A TLS alert is a record of type 21, version 3.x (RFC 8446 section 5.1). Others close, or wait for a handshake. */
function mayBeTls(failure: HttpFailure): boolean {
  if (failure.reason === 'closed') return true;
  return failure.reason === 'not-http' && failure.received?.[0] === 0x15 && failure.received[1] === 0x03;
}
