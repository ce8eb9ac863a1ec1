import type http from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openConnections, type Reach } from './connections.ts';

/** A request body that can be made anew for each attempt. */
export interface HttpBody {
  readonly lengthBytes: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface HttpCall {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: HttpBody | undefined;
  /** The longest silence: no byte sent and none received. */
  readonly idleMs: number;
  readonly signal: AbortSignal | undefined;
}

/** An answer whose body is not read yet: it must be read or discarded. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  /** Where it was asked. */
  readonly url: URL;
  readonly body: AsyncIterable<Uint8Array>;
  /** Gives the connection up. */
  discard(): void;
}

/** What a registry says with an answer of no interest is shorter. */
const DISCARD_LIMIT_BYTES = 16 * 1024;

/** The connections of one session. Disposing of it closes them. */
export interface HttpTransport extends Disposable {
  exchange(call: HttpCall): Promise<HttpAnswer>;
}

/**
 * Sends requests over the connections of a session. `exchange` follows no redirect and tries nothing again; it throws Node's own errors,
 * ProxyError, what `reach` throws, and the signal's reason.
 */
export function openHttpTransport(reach: Reach): HttpTransport {
  const connections = openConnections(reach);
  return {
    async exchange(call) {
      call.signal?.throwIfAborted();
      const length = call.body === undefined ? {} : { 'content-length': String(call.body.lengthBytes) };
      const begin = await connections.routeTo(call.url, call.idleMs);
      call.signal?.throwIfAborted();
      const request = begin({
        method: call.method,
        headers: { ...call.headers, ...length },
        ...(call.signal === undefined ? {} : { signal: call.signal }),
      });
      request.once('timeout', () => request.destroy(new IdleError(call.url, call.idleMs)));
      try {
        const response = await answerOf(request, call.body);
        return {
          status: response.statusCode ?? 0,
          headers: response.headers,
          url: call.url,
          body: bodyOf(response, request, call.signal),
          discard: () => discard(response, request),
        };
      } catch (error) {
        call.signal?.throwIfAborted();
        throw error;
      }
    },
    [Symbol.dispose]() {
      connections[Symbol.dispose]();
    },
  };
}

/** A short rest is read, so that the connection can be used again; a long one costs more than a new connection. */
function discard(response: http.IncomingMessage, request: http.ClientRequest): void {
  const { 'content-length': length } = response.headers;
  const empty = request.method === 'HEAD' || response.statusCode === 204;
  const short = empty || (length !== undefined && Number(length) <= DISCARD_LIMIT_BYTES);
  // A server that answered before it had the whole body is still sent to.
  if (!short || !request.writableFinished) {
    response.destroy();
    return;
  }
  // Whatever becomes of it, it was of no interest.
  response.on('error', () => undefined);
  response.resume();
}

/** Nothing was heard for too long. */
class IdleError extends Error {
  readonly code = 'ETIMEDOUT';
  constructor(url: URL, idleMs: number) {
    super(`${url.host} was silent for ${idleMs / 1000} s`);
    this.name = 'IdleError';
  }
}

/** A server may answer before it has read the whole body: that answer counts, and no more is sent. */
function answerOf(request: http.ClientRequest, body: HttpBody | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
    if (body === undefined) {
      request.end();
      return;
    }
    pipeline(Readable.from(body.open(), { objectMode: false }), request).catch((error: unknown) => {
      request.destroy();
      reject(error);
    });
  });
}

async function* bodyOf(
  response: http.IncomingMessage,
  request: http.ClientRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  // What breaks the connection is told to the request where it comes from outside, to the response else.
  let broken: Error | undefined;
  request.on('error', (error) => {
    broken = error;
  });
  try {
    for await (const chunk of response) yield chunk as Uint8Array;
  } catch (error) {
    signal?.throwIfAborted();
    throw broken ?? error;
  } finally {
    response.destroy();
  }
}
