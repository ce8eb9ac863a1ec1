import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { pareVersion } from '../../../model/version.ts';
import { type BodyEnd, readBody } from './body.ts';
import { type Fetched, type HttpTarget, originOf } from './http-port.ts';
import { toHttpAnswer } from './to-answer.ts';

export interface HttpQuestion {
  readonly method: string;
  /** With the query; must begin with `/`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface FetchLimits {
  /** For the whole exchange. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** No answer came that could be read as HTTP. */
export class HttpFailure extends Error {
  readonly reason: 'refused' | 'closed' | 'timed-out' | 'not-http' | 'tls';
  /** What the other side sent instead, as far as it is known. */
  readonly received: Uint8Array | undefined;
  constructor(
    reason: HttpFailure['reason'],
    message: string,
    options: { readonly received?: Uint8Array; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'HttpFailure';
    this.reason = reason;
    this.received = options.received;
  }
}

/** Node loads its HTTP when it is first asked for it, which takes milliseconds: here it is. */
export const loadHttp = (): unknown => httpRequest;

/**
 * Asks once, over a connection of its own (a kept one would hold up a graceful stop), and reads the answer.
 * Certificates are not checked: they are the application's own. Throws HttpFailure when there is no HTTP answer, and
 * the signal's reason when aborted.
 */
export async function fetchOnce(
  target: HttpTarget,
  question: HttpQuestion,
  limits: FetchLimits,
): Promise<Fetched> {
  const started = performance.now();
  const deadline = new AbortController();
  const signal = AbortSignal.any([limits.signal, deadline.signal]);
  const timer = delay(limits.timeoutMs, undefined, { signal }).then(
    () => deadline.abort(new HttpFailure('timed-out', `no answer within ${limits.timeoutMs} ms`)),
    () => undefined,
  );
  try {
    const message = await send(target, question, signal);
    const end = await readBody(message, signal);
    return toFetched(target, question, message, end, performance.now() - started);
  } catch (error) {
    limits.signal.throwIfAborted();
    throw deadline.signal.aborted ? deadline.signal.reason : toFailure(error);
  } finally {
    deadline.abort();
    await timer;
  }
}

function send(target: HttpTarget, question: HttpQuestion, signal: AbortSignal): Promise<IncomingMessage> {
  const origin = originOf(target);
  const options: RequestOptions & { readonly servername: string } = {
    ...('path' in target.address
      ? { socketPath: target.address.path }
      : { host: target.address.host, port: target.address.port }),
    method: question.method,
    path: question.path,
    agent: false,
    // For TLS alone. Without one Node asks a large regular expression whether the host is an IPv6 address.
    servername: 'localhost',
    signal,
    headers: {
      host: origin.slice(origin.indexOf('//') + 2),
      'user-agent': `pare/${pareVersion}`,
      accept: 'text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8',
      'accept-encoding': 'gzip, deflate, br',
      ...question.headers,
      ...(question.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(question.body)) }),
    },
  };
  return new Promise((resolve, reject) => {
    // Old images have old keys and protocols; the point is to hear the answer.
    const secure = {
      rejectUnauthorized: false,
      minVersion: 'TLSv1' as const,
      ciphers: 'DEFAULT:@SECLEVEL=0',
    };
    const request = target.scheme === 'http' ? httpRequest(options) : httpsRequest({ ...options, ...secure });
    request.once('response', resolve);
    request.once('upgrade', (message, socket) => {
      // 101 ends the HTTP exchange; what follows is another protocol.
      socket.destroy();
      resolve(message);
    });
    request.once('error', reject);
    request.end(question.body);
  });
}

function toFetched(
  target: HttpTarget,
  question: HttpQuestion,
  message: IncomingMessage,
  end: BodyEnd,
  elapsedMs: number,
): Fetched {
  const parts = {
    method: question.method,
    url: `${originOf(target)}${question.path}`,
    port: target.port,
    status: message.statusCode ?? 0,
    headers: joinHeaders(message.headersDistinct),
    elapsedMs,
  };
  const answer = toHttpAnswer(parts, end.body);
  return { answer: end.whole ? answer : { ...answer, varies: ['body'] }, body: end.body };
}

function joinHeaders(distinct: NodeJS.Dict<string[]>): Readonly<Record<string, string>> {
  const entries = Object.entries(distinct).map(([name, values]) => [
    name,
    (values ?? []).join(name === 'set-cookie' ? '\n' : ', '),
  ]);
  return Object.fromEntries(entries.sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)));
}

function toFailure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  const {
    code = '',
    message,
    rawPacket,
  } = error as NodeJS.ErrnoException & { readonly rawPacket?: Uint8Array };
  if (code.startsWith('HPE_')) {
    const received = rawPacket === undefined ? {} : { received: rawPacket.subarray(0, 512) };
    return new HttpFailure('not-http', 'the answer is not HTTP', { ...received, cause: error });
  }
  if (code === 'ECONNREFUSED') return new HttpFailure('refused', 'connection refused', { cause: error });
  if (code.startsWith('ERR_SSL') || code === 'EPROTO')
    return new HttpFailure('tls', `TLS: ${message}`, { cause: error });
  return new HttpFailure('closed', `connection closed without an answer (${code || message})`, {
    cause: error,
  });
}
