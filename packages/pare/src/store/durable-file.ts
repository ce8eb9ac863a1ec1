import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Moves a file or directory into place; a rename is durable once its directory is synced (fsync(2)). */
async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncPath(dirname(to));
}

/** Writes a small file whole: readers see the old one or the new one. `draft` is a name on the same file system. */
export async function writeDurably(path: string, bytes: Uint8Array, draft: string): Promise<void> {
  const handle = await open(draft, 'wx', 0o644);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await renameDurably(draft, path);
}

/** Brings a file's contents, or a directory's names, to the disk (fsync(2)). */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
