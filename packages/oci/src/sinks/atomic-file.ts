import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFully } from '../sources/spool.ts';

/**
 * Writes a file whole or not at all: beside its place, synced, and renamed. When the source throws, what was there before
 * stays. Returns the length.
 */
export async function writeFileAtomically(path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const temporary = join(dirname(path), `.pare-${randomBytes(8).toString('hex')}`);
  const handle = await open(temporary, 'wx', 0o644);
  try {
    let sizeBytes = 0;
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      await writeFully(handle, chunk);
    }
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    return sizeBytes;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
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
