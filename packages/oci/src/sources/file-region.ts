import { Buffer } from 'node:buffer';
import { fstatSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileRegion } from '../formats/tar/tar-index.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';

/** Bytes of a file that can be read at any place while it is held. */
export interface HeldRegion extends AsyncDisposable {
  readonly region: FileRegion;
}

/** Where bytes come from; whoever asks holds them until it disposes. */
export type RegionSource = () => Promise<HeldRegion>;

const CHUNK_BYTES = 256 * 1024;

/** A file of the host as a region; the file is opened anew for each holder. Throws OciError `not-found`. */
export async function openFileRegion(path: HostPath): Promise<HeldRegion> {
  const handle = await open(path, 'r').catch((cause: unknown) => {
    throw new OciError('not-found', `cannot open ${path}`, { cause });
  });
  const { size } = await handle.stat();
  return {
    region: { descriptor: handle.fd, start: 0, lengthBytes: size },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

/** A region inside a file that someone else keeps open. */
export function borrowedRegion(region: FileRegion): HeldRegion {
  return { region, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/**
 * Streams bytes of a region. Each chunk is read synchronously (a local file: the page cache is faster than a promise)
 * and belongs to the reader. Throws OciError `truncated` when the file has become shorter.
 */
export async function* readRegion(
  { descriptor, start, lengthBytes }: FileRegion,
  range: { readonly start: number; readonly lengthBytes: number } = { start: 0, lengthBytes },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let at = start + range.start;
  const end = start + Math.min(range.start + range.lengthBytes, lengthBytes);
  while (at < end) {
    signal?.throwIfAborted();
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
    const got = readSync(descriptor, buffer, 0, buffer.length, at);
    if (got === 0) throw new OciError('truncated', 'a file became shorter while it was read');
    at += got;
    yield buffer.subarray(0, got);
  }
}

/** Reads a region whole; throws OciError `too-large` above `limitBytes`. */
export function readRegionWhole(region: FileRegion, limitBytes: number, what: string): Buffer {
  if (region.lengthBytes > limitBytes)
    throw new OciError('too-large', `${what} has more than ${limitBytes} bytes`);
  const bytes = Buffer.alloc(region.lengthBytes);
  let at = 0;
  while (at < bytes.length) {
    const got = readSync(region.descriptor, bytes, at, bytes.length - at, region.start + at);
    if (got === 0) throw new OciError('truncated', `${what} became shorter while it was read`);
    at += got;
  }
  return bytes;
}

/** The region of an open file, whole. */
export function regionOfDescriptor(descriptor: number): FileRegion {
  return { descriptor, start: 0, lengthBytes: fstatSync(descriptor).size };
}
