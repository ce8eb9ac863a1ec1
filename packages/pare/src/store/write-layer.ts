import { createHash } from 'node:crypto';
import { closeSync, constants, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Digest } from '@pare/oci';

/** Part of a layer's tar that is to be written: bytes and contents of files in turn. */
export interface LayerPart {
  /** The new file that it is written to; given with the first part alone. */
  readonly file: string | undefined;
  /** All bytes that are no content. */
  readonly bytes: Uint8Array;
  /** Files with the contents. */
  readonly paths: readonly string[];
  /** How long they are. */
  readonly sizes: readonly number[];
  /** How many of `bytes` come before each of them. */
  readonly offsets: readonly number[];
  readonly isLast: boolean;
}

export type LayerAnswer =
  | { readonly kind: 'written'; readonly digest: Digest }
  /** A file is another than its layer said. */
  | { readonly kind: 'differs' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

const bufferBytes = 1024 * 1024;
/** How much is written before the disk is set to work on it. */
const bytesUntilSync = 16 * bufferBytes;

/** A file that is not what the layer said: the order cannot be carried out. */
class Differs extends Error {}

interface LayerWriter {
  take(part: LayerPart): Promise<void>;
  /** Gives the digest of all that was taken. */
  end(): Promise<Digest>;
  close(): void;
}

function openWriter(file: string): LayerWriter {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(bufferBytes);
  const out = openSync(file, 'wx', 0o644);
  let used = 0;
  let unsyncedBytes = 0;
  let syncing = false;

  const flush = () => {
    const full = buffer.subarray(0, used);
    hash.update(full);
    for (let written = 0; written < used; ) written += writeSync(out, full, written);
    unsyncedBytes += used;
    used = 0;
  };
  const startSync = async () => {
    unsyncedBytes = 0;
    syncing = true;
    // What it fails with, who syncs the whole will be told.
    fdatasync(out, () => {
      syncing = false;
    });
    await setImmediate();
  };

  const takePlain = (plain: Uint8Array) => {
    for (let start = 0; start < plain.length; ) {
      const taken = Math.min(plain.length - start, bufferBytes - used);
      buffer.set(plain.subarray(start, start + taken), used);
      start += taken;
      used += taken;
      if (used === bufferBytes) flush();
    }
  };
  const takeContent = (path: string, sizeBytes: number) => {
    const source = openContent(path, sizeBytes);
    try {
      for (let left = sizeBytes; left > 0; ) {
        const got = readSync(source, buffer, used, Math.min(left, bufferBytes - used), null);
        if (got === 0) throw new Differs(path);
        left -= got;
        used += got;
        if (used === bufferBytes) flush();
      }
    } finally {
      closeSync(source);
    }
  };

  return {
    async take({ bytes, paths, sizes, offsets }) {
      for (const [index, path] of paths.entries()) {
        takePlain(bytes.subarray(offsets[index - 1] ?? 0, offsets[index]));
        takeContent(path, sizes[index] ?? 0);
        if (unsyncedBytes >= bytesUntilSync && !syncing) await startSync();
      }
      takePlain(bytes.subarray(offsets.at(-1) ?? 0));
    },
    async end() {
      flush();
      while (syncing) await setImmediate();
      return `sha256:${hash.digest('hex')}`;
    },
    close: () => closeSync(out),
  };
}

function openContent(path: string, sizeBytes: number): number {
  const source = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const status = fstatSync(source);
  if (status.isFile() && status.size === sizeBytes) return source;
  closeSync(source);
  throw new Differs(path);
}

/** Writes tars of layers and hashes them, one after the other, which keeps a processor busy: on the store's thread. */
export interface LayerWriting {
  /** Answers once, at the last part of a layer or where it comes to nothing; what comes of that layer after that is passed over. */
  take(part: LayerPart): Promise<LayerAnswer | undefined>;
}

export function openLayerWriting(): LayerWriting {
  let writer: LayerWriter | undefined;
  const close = () => {
    writer?.close();
    writer = undefined;
  };
  return {
    async take(part) {
      try {
        if (part.file !== undefined) {
          close();
          writer = openWriter(part.file);
        }
        if (writer === undefined) return undefined;
        await writer.take(part);
        if (!part.isLast) return undefined;
        const digest = await writer.end();
        close();
        return { kind: 'written', digest };
      } catch (error) {
        close();
        if (error instanceof Differs) return { kind: 'differs' };
        const { code = '', message } = error as NodeJS.ErrnoException;
        return { kind: 'failed', code, message };
      }
    },
  };
}
