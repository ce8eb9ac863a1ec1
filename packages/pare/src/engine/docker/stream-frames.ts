import { PareError } from '../../model/pare-error.ts';
import type { LogChunk } from '../../ports/container-engine.ts';
import { codeOf } from './api-error.ts';

const headerBytes = 8;
/** An error message in the stream is not expected to be longer. */
const messageLimitBytes = 64 * 2 ** 10;

/**
 * Takes apart what the engine streams from a container without a terminal: frames of 8 bytes of header (stream, three
 * zeros, length as big-endian 32 bits) and as many bytes as the header says (Engine API, "ContainerAttach"). A frame is
 * handed on in the pieces it comes in, so its length costs no memory. Throws PareError `engine-failed` on a truncated or
 * malformed stream, and when the engine puts an error into it (stream 3).
 */
export async function* parseFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LogChunk> {
  const header = Buffer.alloc(headerBytes);
  let headerLength = 0;
  let left = 0;
  let kind: FrameKind = 'stdout';
  let message = '';
  for await (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      if (left === 0) {
        const taken = Math.min(headerBytes - headerLength, chunk.length - at);
        header.set(chunk.subarray(at, at + taken), headerLength);
        at += taken;
        headerLength += taken;
        if (headerLength < headerBytes) continue;
        headerLength = 0;
        kind = frameKind(header);
        left = header.readUInt32BE(4);
      }
      const data = chunk.subarray(at, at + left);
      at += data.length;
      left -= data.length;
      if (kind === 'error') {
        message += Buffer.from(data).toString('utf8');
        if (left === 0 || message.length > messageLimitBytes) throw streamError(message);
      } else if (data.length > 0) yield { stream: kind, data };
    }
  }
  if (left > 0 || headerLength > 0) {
    throw new PareError('engine-failed', "the container's output was cut off in the middle of a frame");
  }
}

type FrameKind = LogChunk['stream'] | 'error';

function frameKind(header: Buffer): FrameKind {
  const zeros = header[1] === 0 && header[2] === 0 && header[3] === 0;
  // 0 is standard input, which the engine echoes as output.
  if (zeros && (header[0] === 0 || header[0] === 1)) return 'stdout';
  if (zeros && header[0] === 2) return 'stderr';
  if (zeros && header[0] === 3) return 'error';
  throw new PareError(
    'engine-failed',
    `the container's output is no stream of frames (it begins with ${header.toString('hex')})`,
  );
}

function streamError(message: string): PareError {
  return new PareError(
    codeOf(undefined, message),
    `the engine could not go on with the output: ${message.trim()}`,
  );
}
