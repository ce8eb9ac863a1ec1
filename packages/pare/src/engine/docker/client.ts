import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as v from 'valibot';
import { PareError } from '../../model/pare-error.ts';
import { ApiError, explainConnectionFailure, parseApiError } from './api-error.ts';
import type { Connection } from './connection.ts';
import { type Deadline, startDeadline } from './deadline.ts';

/** One call of the Engine API. */
export interface ApiCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Without the version, already percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Streamed as it is. */
  readonly body?: AsyncIterable<Uint8Array>;
  /** What the call is for, to name it in errors: `starting container abc`. */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
  /** Until the answer begins, and for a whole answer until it ends; undefined: 60 s, infinite: no limit. */
  readonly deadlineMs?: number;
  /** Error statuses that the caller wants to see instead of an exception. */
  readonly accept?: readonly number[];
}

const defaultDeadlineMs = 60_000;
const answerLimitBytes = 32 * 2 ** 20;
const errorLimitBytes = 64 * 2 ** 10;

/**
 * Speaks the Engine API over one connection. Every failure is a PareError that names what was being done: ApiError when
 * the engine refused, `engine-failed` when it could not be reached or answered nonsense, `timed-out`; an abort throws the
 * signal's own reason.
 */
export class ApiClient {
  readonly #connection: Connection;
  readonly #prefix: string;

  /** `version` goes into every path (`1.41`); undefined for the calls that come before it is known. */
  constructor(connection: Connection, version?: string) {
    this.#connection = connection;
    this.#prefix = version === undefined ? '' : `/v${version}`;
  }

  /** The same connection, speaking another version of the API. */
  withVersion(version: string): ApiClient {
    return new ApiClient(this.#connection, version);
  }

  /** Calls, and parses the answer's JSON with a schema. */
  async json<S extends v.GenericSchema>(schema: S, call: ApiCall): Promise<v.InferOutput<S>> {
    return this.#whole(call, async (answer) =>
      parseJson(schema, await readText(answer, call, answerLimitBytes), call),
    );
  }

  /** As `json`, but undefined when the engine answers 404. */
  async find<S extends v.GenericSchema>(schema: S, call: ApiCall): Promise<v.InferOutput<S> | undefined> {
    try {
      return await this.json(schema, call);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Calls, drops the answer's body and returns its status and headers. */
  async status(
    call: ApiCall,
  ): Promise<{ readonly status: number; readonly headers: IncomingMessage['headers'] }> {
    return this.#whole(call, async (answer) => {
      for await (const _ of answer);
      return { status: answer.statusCode ?? 0, headers: answer.headers };
    });
  }

  /**
   * Calls, and streams the answer's body. `idleMs` bounds the time between two pieces; undefined: as long as it takes.
   * Ending the iteration early closes the connection.
   */
  async *stream(call: ApiCall, idleMs?: number): AsyncGenerator<Uint8Array> {
    using deadline = startDeadline(call.deadlineMs ?? defaultDeadlineMs, call.signal, timedOut(call));
    const answer = await this.#send(call, deadline);
    try {
      deadline.restart(idleMs);
      for await (const chunk of answer as AsyncIterable<Uint8Array>) {
        // While the consumer is busy, the engine is not to blame.
        deadline.restart(undefined);
        yield chunk;
        deadline.restart(idleMs);
      }
    } catch (error) {
      throw failure(call, deadline, error);
    } finally {
      answer.destroy();
    }
  }

  async #whole<T>(call: ApiCall, read: (answer: IncomingMessage) => Promise<T>): Promise<T> {
    using deadline = startDeadline(call.deadlineMs ?? defaultDeadlineMs, call.signal, timedOut(call));
    const answer = await this.#send(call, deadline);
    try {
      return await read(answer);
    } catch (error) {
      throw failure(call, deadline, error);
    }
  }

  async #send(call: ApiCall, deadline: Deadline): Promise<IncomingMessage> {
    let answer: IncomingMessage;
    try {
      answer = await this.#exchange(call, deadline.signal);
    } catch (error) {
      throw failure(call, deadline, error);
    }
    const status = answer.statusCode ?? 0;
    if ((status >= 200 && status < 300) || call.accept?.includes(status)) return answer;
    const text = await readText(answer, call, errorLimitBytes, 'cut').catch((error: unknown) => {
      throw failure(call, deadline, error);
    });
    throw parseApiError(call.doing, status, text);
  }

  /** A kept connection may have been closed by the other side just now: a call without effects is then made anew. */
  async #exchange(call: ApiCall, signal: AbortSignal): Promise<IncomingMessage> {
    try {
      return await this.#once(call, signal);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      if (call.method !== 'GET' && call.method !== 'HEAD') throw error.cause;
      return this.#once(call, signal);
    }
  }

  #once(call: ApiCall, signal: AbortSignal): Promise<IncomingMessage> {
    const { agent, options } = this.#connection;
    const text = call.json === undefined ? undefined : JSON.stringify(call.json);
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      let answer: IncomingMessage | undefined;
      const request = (options.protocol === 'https:' ? tlsRequest : plainRequest)({
        ...options,
        agent,
        method: call.method,
        path: `${this.#prefix}${call.path}${renderQuery(call.query)}`,
        headers: { 'User-Agent': 'pare', ...bodyHeaders(call, text) },
      });
      const fail = (error: Error) => {
        // Destroying the request would empty an answer that is being read as if it had ended.
        if (answer === undefined) request.destroy(error);
        else answer.destroy(error);
        reject(error);
      };
      const abort = () =>
        fail(signal.reason instanceof Error ? signal.reason : new Error(String(signal.reason)));
      signal.addEventListener('abort', abort, { once: true });
      request.on('close', () => signal.removeEventListener('abort', abort));
      request.on('error', (error) => {
        reject(request.reusedSocket ? new StaleConnection('', { cause: error }) : error);
      });
      request.on('response', (response) => {
        answer = response;
        resolve(response);
      });
      if (call.body === undefined) request.end(text);
      else {
        // Once the engine answers, it may close its side: only a body that fails by itself then ends the call.
        const bodyFailed = new AbortController();
        const body = Readable.from(withoutEmpty(call.body, bodyFailed));
        pipeline(body, request).catch((error: Error) => {
          if (answer === undefined || bodyFailed.signal.aborted) fail(error);
        });
      }
    });
  }
}

class StaleConnection extends Error {}

/** An empty piece would end a body that is sent in chunks. */
async function* withoutEmpty(
  body: AsyncIterable<Uint8Array>,
  failed: AbortController,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) if (chunk.length > 0) yield chunk;
  } catch (error) {
    failed.abort();
    throw error;
  }
}

function bodyHeaders(call: ApiCall, text: string | undefined): Record<string, string | number> {
  if (text !== undefined)
    return { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) };
  if (call.body !== undefined) return { 'Content-Type': 'application/x-tar' };
  return call.method === 'POST' || call.method === 'PUT' ? { 'Content-Length': 0 } : {};
}

function renderQuery(query: ApiCall['query']): string {
  return query === undefined || Object.keys(query).length === 0 ? '' : `?${new URLSearchParams(query)}`;
}

async function readText(
  answer: IncomingMessage,
  call: ApiCall,
  limitBytes: number,
  above: 'cut' | 'fail' = 'fail',
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= limitBytes) continue;
    if (above === 'cut') break;
    throw new PareError(
      'engine-failed',
      `${call.doing}: the engine's answer is longer than ${limitBytes} bytes`,
    );
  }
  return Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8');
}

function parseJson<S extends v.GenericSchema>(schema: S, text: string, call: ApiCall): v.InferOutput<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PareError('engine-failed', `${call.doing}: the engine's answer is no JSON`, { cause });
  }
  const parsed = v.safeParse(schema, value);
  if (parsed.success) return parsed.output;
  const issue = parsed.issues[0];
  const where = v.getDotPath(issue) ?? 'the answer';
  throw new PareError(
    'engine-failed',
    `${call.doing}: unexpected answer of the engine: ${where}: ${issue.message}`,
  );
}

function timedOut(call: ApiCall): (limitMs: number) => Error {
  return (limitMs) =>
    new PareError('timed-out', `${call.doing}: the engine did not answer within ${limitMs / 1000} s`);
}

/** What to throw for an error that came out of a call: the abort's reason when there was one. */
function failure(call: ApiCall, deadline: Deadline, error: unknown): unknown {
  if (deadline.signal.aborted) return deadline.signal.reason;
  // A body that could not be read is the fault of whoever gave it: its own error says more.
  if (!(error instanceof Error) || error instanceof PareError || !isConnectionFailure(error)) return error;
  return new PareError('engine-failed', `${call.doing}: ${explainConnectionFailure(error)}`, {
    cause: error,
  });
}

/** Errors of node's sockets, TLS and HTTP parser carry a code in capitals; those of our own parts do not. */
function isConnectionFailure(error: Error): boolean {
  return error.message === 'aborted' || ('code' in error && /^[A-Z][A-Z0-9_]+$/.test(String(error.code)));
}
