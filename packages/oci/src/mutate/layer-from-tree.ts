import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import type { FileTree } from '../model/file-tree.ts';
import type { Layer } from '../model/image.ts';
import type { HostPath, ImagePath } from '../model/path.ts';
import { writeFully } from '../sources/spool.ts';
import { openTarLayer } from '../sources/tar-layer.ts';
import { layerTar } from './layer-tar.ts';

/** A layer that was written to a file of the host. */
export interface WrittenLayer extends Layer {
  /** Length of its tar. */
  readonly sizeBytes: number;
}

/**
 * Writes the given paths of a tree as one layer (`layerTar` says how) into `file`, which must not be there yet. Throws
 * what `layerTar` throws; on any error the file is removed.
 */
export async function layerFromTree(
  tree: FileTree,
  paths: Iterable<ImagePath>,
  file: HostPath,
  signal?: AbortSignal,
): Promise<WrittenLayer> {
  const { sizeBytes, chunks } = layerTar(tree, paths, signal);
  const handle = await open(file, 'wx');
  try {
    const hash = createHash('sha256');
    for await (const chunk of chunks) {
      hash.update(chunk);
      await writeFully(handle, chunk);
    }
    return { ...openTarLayer({ diffId: `sha256:${hash.digest('hex')}`, file }), sizeBytes };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}
