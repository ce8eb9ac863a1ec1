import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { HostAddress } from '../http/http-port.ts';
import { beginConnection, openSocket } from '../open-socket.ts';

/** How a call ended (gRPC over HTTP/2, "Responses"), and the messages that came before. */
export interface CallResult {
  /** Name of the status code: `OK`, `UNIMPLEMENTED`. */
  readonly status: string;
  readonly message: string;
  readonly replies: readonly Uint8Array[];
}

/** Codes of gRPC by number (grpc/grpc doc/statuscodes.md). */
const statusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];
const replyLimitBytes = 4 * 1024 * 1024;
/** How long a stream's first message may take, and each after it. */
const firstMs = 5000;
const idleMs = 1000;

/** What one call may take. */
export interface CallLimits {
  /** Ends the call, not the connection. */
  readonly signal: AbortSignal;
  /** Of a stream from the server: so many messages are waited for. It is over too when nothing more comes for a while. */
  readonly maxMessages?: number;
}

/** A connection that speaks gRPC. Disposing of it closes it. */
export interface GrpcConnection extends Disposable {
  /** Sends messages and ends the sending side; `path` is `/package.Service/Method`. Throws what the connection threw. */
  call(path: string, messages: readonly Uint8Array[], limits: CallLimits): Promise<CallResult>;
}

/**
 * Connects in clear text (prior knowledge) or in TLS. `signal` closes the connection whenever it is aborted, `limit` ends the
 * attempt to connect. Throws when nobody listens, and the signals' reasons.
 */
export async function openGrpc(
  address: HostAddress,
  port: number,
  tls: boolean,
  limit: AbortSignal,
  signal: AbortSignal,
): Promise<GrpcConnection> {
  // Node's own error for a refused connection comes late and says less.
  (await openSocket(address, tls, limit)).destroy();
  const session = connect(`${tls ? 'https' : 'http'}://localhost:${port}`, {
    createConnection: () => beginConnection(address, tls, ['h2']),
  });
  let failure: Error | undefined;
  session.on('error', (error) => {
    failure = error;
  });
  const abort = () => session.destroy();
  signal.addEventListener('abort', abort, { once: true });
  return {
    call: async (path, messages, limits) => {
      limits.signal.throwIfAborted();
      return exchange(session, path, messages, limits).catch((error: unknown) => {
        limits.signal.throwIfAborted();
        throw failure ?? error;
      });
    },
    [Symbol.dispose]() {
      signal.removeEventListener('abort', abort);
      session.destroy();
    },
  };
}

async function exchange(
  session: ClientHttp2Session,
  path: string,
  messages: readonly Uint8Array[],
  limits: CallLimits,
): Promise<CallResult> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    te: 'trailers',
    'content-type': 'application/grpc',
    'user-agent': 'pare',
  });
  const cancel = () => stream.close(constants.NGHTTP2_CANCEL);
  limits.signal.addEventListener('abort', cancel, { once: true });
  try {
    for (const message of messages) stream.write(frame(message));
    stream.end();
    const head = headersOf(stream);
    // It is looked at in the end; a stream that is cut short before has no headers worth it.
    head.catch(() => undefined);
    const { bytes, cut } = await readReplies(stream, limits.maxMessages);
    limits.signal.throwIfAborted();
    if (cut !== undefined)
      return { status: cut, message: '', replies: readFrames(bytes).slice(0, limits.maxMessages) };
    const headers = await head;
    const code = headers['grpc-status'];
    if (code === undefined)
      throw new Error(`the answer is not gRPC (HTTP status ${String(headers[':status'])})`);
    return {
      status: statusNames[Number(code)] ?? `code ${String(code)}`,
      message: decodeURIComponentSafely(String(headers['grpc-message'] ?? '')),
      replies: readFrames(bytes),
    };
  } finally {
    limits.signal.removeEventListener('abort', cancel);
    stream.close(constants.NGHTTP2_CANCEL);
  }
}

interface Replies {
  /** All that came. */
  readonly bytes: Uint8Array;
  /** Why no more was waited for; undefined when the server ended it. */
  readonly cut?: string;
}

/**
 * Reads the messages until the server ends the call. With `most`, no longer than until so many have come (more that came with
 * the last are dropped: how the network cut them is nobody's doing), or until nothing has come for a while.
 */
function readReplies(stream: ClientHttp2Stream, most: number | undefined): Promise<Replies> {
  return new Promise((resolve, reject) => {
    let bytes: Uint8Array = new Uint8Array();
    let idle: NodeJS.Timeout | undefined;
    const settle = (settled: () => void) => {
      clearTimeout(idle);
      settled();
    };
    const waitOn = (limitMs: number) => {
      clearTimeout(idle);
      if (most === undefined) return;
      idle = setTimeout(() => settle(() => resolve({ bytes, cut: 'still open' })), limitMs);
    };
    waitOn(firstMs);
    stream.on('data', (chunk: Uint8Array) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length > replyLimitBytes) settle(() => reject(new Error('the answer is longer than 4 MiB')));
      if (most === undefined) return;
      if (countFrames(bytes) < most) waitOn(idleMs);
      else settle(() => resolve({ bytes, cut: `stopped after ${most}` }));
    });
    stream.once('error', (error) => settle(() => reject(error)));
    stream.once('end', () => settle(() => resolve({ bytes })));
    stream.once('close', () => settle(() => resolve({ bytes })));
  });
}

/** The status is in the trailers, or in the head of an answer without messages. */
function headersOf(stream: ClientHttp2Stream): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const all: Record<string, unknown> = {};
    const collect = (headers: object) => void Object.assign(all, headers);
    stream.on('response', collect);
    stream.on('trailers', collect);
    stream.once('error', reject);
    stream.once('close', () => resolve(all));
  });
}

/** A byte that says "not compressed", and the length. */
function frame(message: Uint8Array): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Those that are there as a whole. */
function readFrames(bytes: Uint8Array): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    if (bytes[at] !== 0) throw new Error('the answer is compressed, which was not asked for');
    const length = new DataView(bytes.buffer, bytes.byteOffset + at + 1, 4).getUint32(0);
    if (at + 5 + length > bytes.length) break;
    frames.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return frames;
}

/** How many are there as a whole, whatever is in them. */
function countFrames(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let count = 0;
  for (let at = 0; at + 5 <= bytes.length; ) {
    at += 5 + view.getUint32(at + 1);
    if (at <= bytes.length) count += 1;
  }
  return count;
}

/** Percent-encoded by the specification; what is not is shown as it is. */
function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
