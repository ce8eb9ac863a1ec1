import { Buffer } from 'node:buffer';
import type { Entry } from '../../model/entry.ts';
import { BLOCK_BYTES, padded } from './tar-header.ts';
import { putTarHeader, TAR_TRAILER } from './tar-writer.ts';

/** What of a tar is no content, one after the other in memory of its own. */
export interface TarBlocks {
  /** Of what was put so far. */
  lengthBytes(): number;
  /** The header blocks of an entry (`encodeTarHeader`). */
  putHeader(entry: Entry): void;
  /** The zeros that fill up the last block of a content. */
  putPadding(sizeBytes: number): void;
  /** The end of a tar. */
  putTrailer(): void;
  /** All that was put, which is the caller's now: the next is put elsewhere. */
  take(): Uint8Array<ArrayBuffer>;
}

/** Begins with room for so many bytes, and makes more where it has to. */
export function openTarBlocks(roomBytes: number): TarBlocks {
  let room = zeros(roomBytes);
  let used = 0;
  /** Where so many zeros are. */
  const reserve = (bytes: number): number => {
    const start = used;
    used += bytes;
    if (used > room.length) {
      const larger = zeros(Math.max(used, 2 * room.length));
      larger.set(room.subarray(0, start));
      room = larger;
    }
    return start;
  };
  return {
    lengthBytes: () => used,
    putHeader(entry) {
      const start = reserve(BLOCK_BYTES);
      const before = putTarHeader(room, start, entry);
      if (before === undefined) return;
      reserve(before.length);
      room.copyWithin(start + before.length, start, start + BLOCK_BYTES);
      room.set(before, start);
    },
    putPadding(sizeBytes) {
      reserve(padded(sizeBytes) - sizeBytes);
    },
    putTrailer() {
      reserve(TAR_TRAILER.length);
    },
    take() {
      const taken = room.subarray(0, used);
      room = zeros(roomBytes);
      used = 0;
      return taken;
    },
  };
}

/** In memory that nothing else is in. */
function zeros(bytes: number): Buffer<ArrayBuffer> {
  return Buffer.from(new ArrayBuffer(bytes));
}
