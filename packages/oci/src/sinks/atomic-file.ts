import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFully } from '../sources/spool.ts';
import { draftPath } from './draft-names.ts';
import { removeStaleDrafts } from './drafts.ts';

/**
 * Writes a file whole or not at all: beside its place, synced, and renamed. When the source throws, what was there before
 * stays; what a killed process left beside it goes. Returns the length.
 */
export async function writeFileAtomically(path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  await removeStaleDrafts(dirname(path));
  return replaceFile(path, chunks);
}

/** The same, without looking for what killed processes left. */
export async function replaceFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const temporary = await draftPath(dirname(path));
  try {
    const sizeBytes = await writeNewFile(temporary, chunks);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    return sizeBytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Writes a file that is not there yet and syncs it. Returns the length; when the source throws, what was written stays. */
export async function writeNewFile(path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const handle = await open(path, 'wx', 0o644);
  try {
    let sizeBytes = 0;
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      await writeFully(handle, chunk);
    }
    await handle.sync();
    return sizeBytes;
  } finally {
    await handle.close();
  }
}

/** A rename is durable once its directory is synced (fsync(2)). */
export async function syncDirectory(path: string): Promise<void> {
  const handle: FileHandle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
