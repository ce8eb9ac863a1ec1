import { type ImagePath, type TarWrite, writeTar } from '@pare/oci';
import type { DependencyFile } from '../../model/scenario.ts';
import type { Container } from '../../ports/container-engine.ts';

/** Puts files into a container that has not started, owned by root and readable by all. Directories that are missing are made. */
export async function insertFiles(
  container: Container,
  files: readonly DependencyFile[],
  signal: AbortSignal,
): Promise<void> {
  if (files.length === 0) return;
  const members = files.map(({ content, path }): TarWrite => {
    const bytes = Buffer.from(content);
    const entry = {
      kind: 'file' as const,
      path: path as ImagePath,
      mode: 0o444,
      sizeBytes: bytes.length,
      uid: 0,
      gid: 0,
      mtime: { seconds: 0, nanoseconds: 0 },
      xattrs: new Map<string, Uint8Array>(),
    };
    return { entry, content: once(bytes) };
  });
  await container.copyIn('/', writeTar(members), signal);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
