import { Buffer } from 'node:buffer';
import { readSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { LayerEntry } from '../../model/entry.ts';
import { entryRoom, entryRoomAdvice } from '../../model/entry-room.ts';
import { OciError } from '../../model/oci-error.ts';
import { layerEntryOf } from './layer-entry.ts';
import { parseTar } from './parse-tar.ts';
import type { TarHeader } from './tar-member.ts';

/** A part of an open file. */
export interface FileRegion {
  readonly descriptor: number;
  readonly start: number;
  readonly lengthBytes: number;
}

/** Bounds on what a reader takes from an archive; above them it throws OciError `too-large`. */
export interface TarLimits {
  readonly entries: number;
}
export const DEFAULT_TAR_LIMITS: TarLimits = {
  get entries() {
    return entryRoom();
  },
};

/** After a content is passed over only its successor's header is sure to be wanted; in a row of headers, all of it. */
const JUMP_WINDOW_BYTES = 4 * 1024;
const ROW_WINDOW_BYTES = 64 * 1024;
const MEMBERS_PER_TURN = 4096;

/** Visits each member's header and its content's offset in the region, passing over contents without reading them. */
export async function scanTar(
  region: FileRegion,
  visit: (header: TarHeader, offset: number) => void,
  options: { readonly signal?: AbortSignal | undefined; readonly limits?: TarLimits } = {},
): Promise<void> {
  const { entries } = options.limits ?? DEFAULT_TAR_LIMITS;
  const window = openWindow(region);
  const parser = parseTar();
  let members = 0;
  let step = parser.next();
  while (!step.done) {
    const request = step.value;
    switch (request.kind) {
      case 'read':
        step = parser.next(window.read(request.lengthBytes));
        break;
      case 'skip':
        window.skip(request.lengthBytes, request.padded);
        step = parser.next();
        break;
      case 'member':
        members += 1;
        if (members > entries)
          throw new OciError('too-large', `the tar has more than ${entries} members: ${entryRoomAdvice}`);
        visit(request.header, window.position());
        step = parser.next();
        // The reads are synchronous (a promise for each costs ten times the read): let others have their turn.
        if (members % MEMBERS_PER_TURN === 0) {
          options.signal?.throwIfAborted();
          await setImmediate();
        }
    }
  }
}

/** The layer entries of an uncompressed tar in an open file. */
export async function indexTar(
  region: FileRegion,
  options: { readonly signal?: AbortSignal | undefined; readonly limits?: TarLimits } = {},
): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const add = (header: TarHeader, offset: number): void => {
    const entry = layerEntryOf(header, offset);
    if (entry !== undefined) entries.push(entry);
  };
  await scanTar(region, add, options);
  return entries;
}

interface Window {
  position(): number;
  /** Exactly that many bytes, valid until the next read; undefined at the region's end. */
  read(lengthBytes: number): Buffer | undefined;
  skip(lengthBytes: number, padded: number): void;
}

function openWindow({ descriptor, start, lengthBytes: regionBytes }: FileRegion): Window {
  const buffer = Buffer.allocUnsafe(ROW_WINDOW_BYTES);
  let at = 0;
  let windowStart = 0;
  let windowBytes = 0;
  const fill = (target: Buffer, wanted: number, position: number): number => {
    let filled = 0;
    while (filled < wanted) {
      const got = readSync(descriptor, target, filled, wanted - filled, start + position + filled);
      if (got === 0) break;
      filled += got;
    }
    return filled;
  };
  return {
    position: () => at,
    read(lengthBytes) {
      if (at >= regionBytes) {
        if (at > regionBytes || lengthBytes > 0) return undefined;
      }
      if (at + lengthBytes > regionBytes) throw new OciError('truncated', 'the tar ends inside a header');
      let from = at - windowStart;
      if (lengthBytes > buffer.length) {
        const whole = Buffer.allocUnsafe(lengthBytes);
        if (fill(whole, lengthBytes, at) < lengthBytes)
          throw new OciError('truncated', 'the tar ends inside a header');
        at += lengthBytes;
        return whole;
      }
      if (from < 0 || from + lengthBytes > windowBytes) {
        const jumped = at > windowStart + windowBytes;
        const wanted = Math.max(jumped ? JUMP_WINDOW_BYTES : ROW_WINDOW_BYTES, lengthBytes);
        windowStart = at;
        windowBytes = fill(buffer, Math.min(wanted, regionBytes - at), at);
        from = 0;
        if (windowBytes < lengthBytes) throw new OciError('truncated', 'the tar ends inside a header');
      }
      at += lengthBytes;
      return buffer.subarray(from, from + lengthBytes);
    },
    skip(lengthBytes, padded) {
      if (at + lengthBytes > regionBytes)
        throw new OciError('truncated', "the tar ends inside a file's content");
      // Some writers leave the padding of the very last member out; what ends there ends cleanly.
      at = Math.min(at + padded, regionBytes);
    },
  };
}
