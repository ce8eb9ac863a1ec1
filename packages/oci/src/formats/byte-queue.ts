import { Buffer } from 'node:buffer';
import { OciError } from '../model/oci-error.ts';

/** A stream that is read in order, by lengths and positions instead of chunks. */
export interface ByteQueue {
  /** How many bytes were read or passed over. */
  position(): number;
  /** As `read` and `skipTo`, without a promise, where the current chunk holds all of it. */
  readBuffered(lengthBytes: number): Buffer | undefined;
  skipBuffered(position: number): boolean;
  /** Undefined at the end of the stream. */
  read(lengthBytes: number): Promise<Buffer | undefined>;
  /** A stream may end where padding should be. */
  skipTo(position: number, what: 'content' | 'padding'): Promise<void>;
  chunksUntil(position: number): AsyncGenerator<Uint8Array>;
  /** Passes over all that is left. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a queue on a stream; `what` names it in OciError `truncated`, which reading throws where it ends too early. */
export function openByteQueue(source: AsyncIterable<Uint8Array>, what: string): ByteQueue {
  const iterator = source[Symbol.asyncIterator]();
  let current: Uint8Array = new Uint8Array(0);
  let at = 0;
  const pull = async (): Promise<boolean> => {
    while (current.length === 0) {
      const next = await iterator.next();
      if (next.done === true) return false;
      current = next.value;
    }
    return true;
  };
  const take = (limit: number): Uint8Array => {
    const part = current.subarray(0, limit);
    current = current.subarray(part.length);
    at += part.length;
    return part;
  };
  return {
    position: () => at,
    readBuffered(lengthBytes) {
      if (current.length < lengthBytes || lengthBytes === 0) return undefined;
      const part = take(lengthBytes);
      return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    },
    skipBuffered(position) {
      if (at + current.length < position) return false;
      take(position - at);
      return true;
    },
    async read(lengthBytes) {
      const parts: Uint8Array[] = [];
      let missing = lengthBytes;
      while (missing > 0 && (await pull())) {
        const part = take(missing);
        parts.push(part);
        missing -= part.length;
      }
      if (missing === lengthBytes && lengthBytes > 0) return undefined;
      if (missing > 0) throw new OciError('truncated', `${what} ends inside a header`);
      return Buffer.concat(parts);
    },
    async skipTo(position, passed) {
      while (at < position) {
        if (await pull()) take(position - at);
        else if (passed === 'padding') return;
        else throw new OciError('truncated', `${what} ends inside a file's content`);
      }
    },
    async *chunksUntil(position) {
      while (at < position) {
        if (!(await pull())) throw new OciError('truncated', `${what} ends inside a file's content`);
        yield take(position - at);
      }
    },
    async drain() {
      while (await pull()) take(current.length);
    },
    async close() {
      await iterator.return?.();
    },
  };
}
