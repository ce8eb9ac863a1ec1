import type { ImagePath } from '@pare/oci';
import { joinPath, rootPath } from '../image-path.ts';
import { MalformedFile } from '../malformed-file.ts';

export interface CachedLibrary {
  readonly path: ImagePath;
  /** Whether only machines with certain features load it. */
  readonly hwcaps: boolean;
}

const magic = 'glibc-ld.so.cache1.1';
const headerBytes = 48;
const entryBytes = 24;

/**
 * The libraries of an `/etc/ld.so.cache` by soname, in the order that ld.so tries them (glibc
 * `sysdeps/generic/dl-cache.h`, `struct cache_file_new`; also behind a cache of the older format).
 * Throws MalformedFile `truncated`, `corrupt`, or `unsupported` for the old format alone.
 */
export function parseLdSoCache(bytes: Uint8Array): ReadonlyMap<string, readonly CachedLibrary[]> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = buffer.indexOf(magic, 0, 'latin1');
  if (start < 0)
    throw new MalformedFile('unsupported', '/etc/ld.so.cache is not in the format of glibc 2.2 and newer');
  const cache = buffer.subarray(start);
  if (cache.length < headerBytes)
    throw new MalformedFile('truncated', '/etc/ld.so.cache ends within its header');
  const view = new DataView(cache.buffer, cache.byteOffset, cache.byteLength);
  const fits = (littleEndian: boolean): boolean =>
    headerBytes + view.getUint32(20, littleEndian) * entryBytes <= cache.length;
  const littleEndian = fits(true);
  if (!littleEndian && !fits(false))
    throw new MalformedFile('truncated', '/etc/ld.so.cache ends within its entries');
  const count = view.getUint32(20, littleEndian);
  const text = (offset: number): string => {
    const end = offset < cache.length ? cache.indexOf(0, offset) : -1;
    if (end < 0) throw new MalformedFile('corrupt', '/etc/ld.so.cache names a string outside itself');
    return cache.toString('utf8', offset, end);
  };
  const libraries = new Map<string, CachedLibrary[]>();
  for (let index = 0; index < count; index++) {
    const at = headerBytes + index * entryBytes;
    const soname = text(view.getUint32(at + 4, littleEndian));
    const path = text(view.getUint32(at + 8, littleEndian));
    const hwcaps = view.getBigUint64(at + 16, littleEndian) !== 0n;
    const library = { path: joinPath(rootPath, path), hwcaps };
    const known = libraries.get(soname);
    if (known === undefined) libraries.set(soname, [library]);
    else known.push(library);
  }
  return libraries;
}
