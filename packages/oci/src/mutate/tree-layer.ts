import { layerEntryOf } from '../formats/tar/layer-entry.ts';
import { readTar } from '../formats/tar/tar-reader.ts';
import type { Digest } from '../model/entry.ts';
import type { FileTree } from '../model/file-tree.ts';
import type { Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { ImagePath } from '../model/path.ts';
import { layerTar } from './layer-tar.ts';

/**
 * The layer that `layerTar` makes of these paths, made anew each time it is read; `diffId` is what it gave before. A file's
 * content comes from the tree.
 */
export function treeLayer(tree: FileTree, paths: readonly ImagePath[], diffId: Digest): Layer {
  return {
    diffId,
    async *entries(signal) {
      for await (const { header, offset } of readTar(layerTar(tree, paths, signal).chunks)) {
        const entry = layerEntryOf(header, offset);
        if (entry !== undefined) yield entry;
      }
    },
    async *open(file, range) {
      const entry = tree.get(file.path);
      if (entry?.kind !== 'file') throw new OciError('not-found', `layer ${diffId} has no file ${file.path}`);
      yield* tree.open(entry, range);
    },
    tar: (signal) => layerTar(tree, paths, signal).chunks,
    tarBytes: async () => layerTar(tree, paths).sizeBytes,
  };
}
