import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PareError } from '../model/pare-error.ts';

/** A text, or parts of one that come one after the other; bytes are of UTF-8. */
export type WholeContent = string | readonly (string | Uint8Array)[];

/**
 * Writes a file whole or not at all: a failure leaves what was there before. What a link leads to is written; a device or a pipe is
 * written to as it is. Throws PareError `usage` for a place that cannot be written, and Node's own error for a full disk.
 */
export async function writeWhole(path: string, content: WholeContent): Promise<void> {
  try {
    await write(path, bytesOf(content));
  } catch (error) {
    throw inWords(path, error);
  }
}

/** Finds out before long work whether `writeWhole` can write there at all. Throws what that would. */
export async function checkWritable(path: string): Promise<void> {
  try {
    const place = await placeOf(path);
    if (place.kind !== 'file') return;
    await writeFile(place.temporary, '');
    await rm(place.temporary);
  } catch (error) {
    throw inWords(path, error);
  }
}

function bytesOf(content: WholeContent): readonly Uint8Array[] {
  const parts = typeof content === 'string' ? [content] : content;
  return parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
}

async function write(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const place = await placeOf(path);
  if (place.kind === 'stream') return writeFile(path, Buffer.concat(parts));
  try {
    await writeParts(place.temporary, parts);
    await rename(place.temporary, place.file);
  } catch (error) {
    await rm(place.temporary, { force: true });
    throw error;
  }
}

/** All at once, without making one piece of them before. */
async function writeParts(path: string, parts: readonly Uint8Array[]): Promise<void> {
  await using file = await open(path, 'w');
  const sizeBytes = parts.reduce((sum, { length }) => sum + length, 0);
  const { bytesWritten } = await file.writev(parts);
  // Why not all of it was written shows when the rest is: the disk may be full.
  if (bytesWritten < sizeBytes) await file.writeFile(Buffer.concat(parts).subarray(bytesWritten));
}

type Place =
  | { readonly kind: 'file'; readonly file: string; readonly temporary: string }
  | { readonly kind: 'stream' };

async function placeOf(path: string): Promise<Place> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() === true) throw Object.assign(new Error('it is a directory'), { code: 'EISDIR' });
  if (there !== undefined && !there.isFile()) return { kind: 'stream' };
  const file = there === undefined ? path : await realpath(path);
  return { kind: 'file', file, temporary: join(dirname(file), `.${basename(file)}.partial`) };
}

/** They have words of their own. */
const fullDisk: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT']);

function inWords(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || code === undefined || fullDisk.has(code)) return error;
  const why = code === 'ENOENT' ? 'its directory is not there' : error.message;
  return new PareError('usage', `${path} cannot be written: ${why}`, { cause: error });
}
