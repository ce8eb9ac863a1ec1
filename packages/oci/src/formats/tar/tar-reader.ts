import type { SparseSegment } from '../../model/entry.ts';
import { OciError } from '../../model/oci-error.ts';
import { type ByteQueue, openByteQueue } from '../byte-queue.ts';
import { parseTar } from './parse-tar.ts';
import { DEFAULT_TAR_LIMITS, type TarLimits } from './tar-index.ts';
import type { TarHeader } from './tar-member.ts';

/** A member of a streamed tar. */
export interface TarMember {
  readonly header: TarHeader;
  /** Where its stored content begins in the stream. */
  readonly offset: number;
  /** Its logical content, holes filled with zeros. May be read once, and only before the next member is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Reads an uncompressed tar from a stream, in order and in bounded memory. What is not read of a member's content
 * is passed over. Throws OciError `truncated`, `corrupt`, `unsupported` or `too-large`.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  limits: TarLimits = DEFAULT_TAR_LIMITS,
): AsyncGenerator<TarMember, void, undefined> {
  const bytes = openByteQueue(source, 'the tar');
  try {
    const parser = parseTar();
    let members = 0;
    let contentEnd = 0;
    let step = parser.next();
    while (!step.done) {
      const request = step.value;
      switch (request.kind) {
        case 'read':
          step = parser.next(
            bytes.readBuffered(request.lengthBytes) ?? (await bytes.read(request.lengthBytes)),
          );
          break;
        case 'skip':
          if (!bytes.skipBuffered(contentEnd + request.padded - request.lengthBytes)) {
            await bytes.skipTo(contentEnd, 'content');
            await bytes.skipTo(contentEnd + request.padded - request.lengthBytes, 'padding');
          }
          step = parser.next();
          break;
        case 'member': {
          members += 1;
          if (members > limits.entries)
            throw new OciError('too-large', `the tar has more than ${limits.entries} members`);
          const { header } = request;
          const offset = bytes.position();
          contentEnd = offset + header.storedBytes;
          yield { header, offset, content: contentOf(bytes, header, contentEnd) };
          step = parser.next();
        }
      }
    }
  } finally {
    await bytes.close();
  }
}

async function* contentOf(bytes: ByteQueue, header: TarHeader, end: number): AsyncGenerator<Uint8Array> {
  const stored = bytes.chunksUntil(end);
  if (header.segments === undefined) yield* stored;
  else yield* fillHoles(stored, header.segments, header.sizeBytes);
}

const ZEROS = new Uint8Array(64 * 1024);

/** Puts the zeros of a sparse file's holes between its stored bytes. */
export async function* fillHoles(
  stored: AsyncIterable<Uint8Array>,
  segments: readonly SparseSegment[],
  sizeBytes: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  let index = 0;
  for await (const chunk of stored) {
    let rest = chunk;
    while (rest.length > 0) {
      const segment = segments[index];
      if (segment === undefined)
        throw new OciError('corrupt', 'a sparse member stores more than its map says');
      yield* zeros(segment.start - at);
      at = Math.max(at, segment.start);
      const part = rest.subarray(0, segment.start + segment.lengthBytes - at);
      yield part;
      at += part.length;
      rest = rest.subarray(part.length);
      if (at === segment.start + segment.lengthBytes) index += 1;
    }
  }
  yield* zeros(sizeBytes - at);
}

function* zeros(lengthBytes: number): Generator<Uint8Array> {
  for (let left = lengthBytes; left > 0; left -= ZEROS.length)
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}
