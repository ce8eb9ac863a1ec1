import { entryRoom, entryRoomAdvice } from '../model/entry-room.ts';
import type { FileTree } from '../model/file-tree.ts';
import type { Image, Layer } from '../model/image.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { OciError } from '../model/oci-error.ts';
import type { ImagePath } from '../model/path.ts';
import { fileTreeOf } from './file-tree.ts';
import { startMerging } from './merged-tree.ts';
import { plainLayer } from './plain-layer.ts';
import { readLayerIndex } from './read-layer-index.ts';

/** Bounds of a file tree; above them OciError `too-large` is thrown. */
export interface FileTreeLimits {
  /** Entries of all layers together. */
  readonly entries: number;
  /** Directories above an entry. */
  readonly depth: number;
}
export const DEFAULT_FILE_TREE_LIMITS: FileTreeLimits = {
  get entries() {
    return entryRoom();
  },
  depth: 512,
};

export interface FileTreeOptions {
  readonly signal?: AbortSignal;
  readonly limits?: FileTreeLimits;
  /** Awaited every few hundred entries: lets whoever shares the thread come to their turn. */
  readonly turn?: () => Promise<void>;
}

const noTurn = () => Promise.resolve();

/**
 * Merges an image's layers into one view, as overlayfs engines show them. Reads every layer's headers, no contents.
 * Throws OciError `corrupt` or `hostile` on layers that no engine could unpack, and `too-large` above a limit.
 */
export async function buildFileTree(image: Image, options: FileTreeOptions = {}): Promise<FileTree> {
  const { limits = DEFAULT_FILE_TREE_LIMITS, turn = noTurn } = options;
  const merged = startMerging(turn);
  let left = limits.entries;
  for (const layer of image.layers) {
    options.signal?.throwIfAborted();
    const index = await readLayerIndex(layer, { signal: options.signal, limit: left });
    checkLimits(index, layer, { ...limits, entries: left });
    left -= index.paths.length;
    await merged.add(await plainLayer(index, turn));
    await turn();
  }
  return fileTreeOf(await merged.show(), image.layers);
}

function checkLimits({ paths }: LayerIndex, { diffId }: Layer, limits: FileTreeLimits): void {
  if (paths.length > limits.entries) throw tooMany(limits);
  // A path has at most half as many segments as units; only the long ones need counting.
  const isTooDeep = (path: ImagePath) =>
    path.length > limits.depth && path.split('/').length - 1 > limits.depth;
  if (paths.some(isTooDeep)) {
    throw new OciError(
      'too-large',
      `an entry of layer ${diffId} is nested deeper than ${limits.depth} directories`,
    );
  }
}

function tooMany(limits: FileTreeLimits): OciError {
  return new OciError(
    'too-large',
    `the image has more entries than the limit leaves room for (${limits.entries}): ${entryRoomAdvice}`,
  );
}
