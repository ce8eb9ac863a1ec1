import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OciError } from '../model/oci-error.ts';
import { type HostPath, hostPath } from '../model/path.ts';

/** Where spooled bytes go unless told otherwise. */
export function defaultSpoolDirectory(): HostPath {
  return hostPath(tmpdir());
}

/** Opens a nameless file of the directory for reading and writing, with room from its beginning. The caller closes it. */
export async function openSpoolFile(directory: HostPath): Promise<FileHandle> {
  const path = join(directory, `.pare-spool-${randomBytes(8).toString('hex')}`);
  const handle = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/**
 * Writes a stream to a nameless file of the directory: its name is removed as soon as it is open, so that nothing
 * is left behind however the process ends. The caller closes it.
 */
export async function spoolStream(
  stream: AsyncIterable<Uint8Array>,
  directory: HostPath,
  onChunk?: (chunk: Uint8Array) => void,
): Promise<FileHandle> {
  const handle = await openSpoolFile(directory);
  try {
    for await (const chunk of stream) {
      onChunk?.(chunk);
      await writeFully(handle, chunk);
    }
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Writes all of a chunk, at the file's position unless told where; throws OciError `too-large` on a full disk. */
export async function writeFully(handle: FileHandle, chunk: Uint8Array, position?: number): Promise<void> {
  let written = 0;
  while (written < chunk.length) {
    try {
      const at = position === undefined ? null : position + written;
      written += (await handle.write(chunk, written, chunk.length - written, at)).bytesWritten;
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
      if (code === 'ENOSPC') throw new OciError('too-large', 'the disk is full', { cause });
      throw cause;
    }
  }
}
