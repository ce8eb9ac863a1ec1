import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
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

/** A connection that speaks gRPC. Disposing of it closes it. */
export interface GrpcConnection extends Disposable {
  /** Sends messages and ends the sending side; `path` is `/package.Service/Method`. Throws what the connection threw. */
  call(path: string, messages: readonly Uint8Array[]): Promise<CallResult>;
}

/** Connects in clear text (prior knowledge) or in TLS. Throws when nobody listens, and the signal's reason. */
export async function openGrpc(
  address: HostAddress,
  port: number,
  tls: boolean,
  signal: AbortSignal,
): Promise<GrpcConnection> {
  // Node's own error for a refused connection comes late and says less.
  (await openSocket(address, tls, signal)).destroy();
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
    call: async (path, messages) => {
      signal.throwIfAborted();
      return exchange(session, path, messages).catch((error: unknown) => {
        signal.throwIfAborted();
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
): Promise<CallResult> {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    te: 'trailers',
    'content-type': 'application/grpc',
    'user-agent': 'pare',
  });
  for (const message of messages) stream.write(frame(message));
  stream.end();
  const head = headersOf(stream);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > replyLimitBytes) throw new Error('the answer is longer than 4 MiB');
  }
  const headers = await head;
  const code = headers['grpc-status'];
  if (code === undefined)
    throw new Error(`the answer is not gRPC (HTTP status ${String(headers[':status'])})`);
  return {
    status: statusNames[Number(code)] ?? `code ${String(code)}`,
    message: decodeURIComponentSafely(String(headers['grpc-message'] ?? '')),
    replies: readFrames(Buffer.concat(chunks)),
  };
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

function readFrames(bytes: Uint8Array): readonly Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at + 5 <= bytes.length; ) {
    if (bytes[at] !== 0) throw new Error('the answer is compressed, which was not asked for');
    const length = new DataView(bytes.buffer, bytes.byteOffset + at + 1, 4).getUint32(0);
    frames.push(bytes.subarray(at + 5, at + 5 + length));
    at += 5 + length;
  }
  return frames;
}

/** Percent-encoded by the specification; what is not is shown as it is. */
function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
