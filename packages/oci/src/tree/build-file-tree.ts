import type { LayerEntry } from '../model/entry.ts';
import { entryRoom, entryRoomAdvice } from '../model/entry-room.ts';
import type { FileTree } from '../model/file-tree.ts';
import type { Image, Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import { IMAGE_ROOT } from '../model/path.ts';
import { fileTreeOf } from './file-tree.ts';
import { impliedDirectory, unpackLayer } from './layer-tree.ts';
import { mergeLayer } from './merge-layer.ts';

/** Bounds of a file tree; above them OciError `too-large` is thrown. */
export interface FileTreeLimits {
  /** Entries of all layers together. */
  readonly entries: number;
  /** Directories above an entry. */
  readonly depth: number;
}
export const DEFAULT_FILE_TREE_LIMITS: FileTreeLimits = { entries: entryRoom(), depth: 512 };

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
  const root = impliedDirectory(IMAGE_ROOT, 0);
  let left = limits.entries;
  for (const [index, layer] of image.layers.entries()) {
    options.signal?.throwIfAborted();
    const entries = await readEntries(layer, { ...limits, entries: left }, options.signal);
    left -= entries.length;
    mergeLayer(root, await unpackLayer(entries, index, turn));
    await turn();
  }
  return fileTreeOf(root, image.layers, turn);
}

async function readEntries(
  layer: Layer,
  limits: FileTreeLimits,
  signal: AbortSignal | undefined,
): Promise<readonly LayerEntry[]> {
  const entries =
    layer.readIndex === undefined ? await gather(layer, limits, signal) : await layer.readIndex(signal);
  if (entries.length > limits.entries) throw tooMany(limits);
  for (const { path } of entries) {
    // A path has at most half as many segments as units; only the long ones need counting.
    if (path.length > limits.depth && path.split('/').length - 1 > limits.depth) {
      throw new OciError(
        'too-large',
        `an entry of layer ${layer.diffId} is nested deeper than ${limits.depth} directories`,
      );
    }
  }
  return entries;
}

async function gather(
  layer: Layer,
  limits: FileTreeLimits,
  signal: AbortSignal | undefined,
): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  for await (const entry of layer.entries(signal)) {
    entries.push(entry);
    if (entries.length > limits.entries) throw tooMany(limits);
  }
  return entries;
}

function tooMany(limits: FileTreeLimits): OciError {
  return new OciError(
    'too-large',
    `the image has more entries than the limit leaves room for (${limits.entries}): ${entryRoomAdvice}`,
  );
}
