import type { FileTree } from '../model/file-tree.ts';
import type { Image } from '../model/image.ts';
import { IMAGE_ROOT, type ImagePath, parentOf } from '../model/path.ts';
import { buildFileTree } from '../tree/build-file-tree.ts';
import { startMerging } from '../tree/merged-tree.ts';
import { type PlainLayer, plainLayer } from '../tree/plain-layer.ts';
import { readLayerIndex } from '../tree/read-layer-index.ts';

/** What the layers' directories, stacked, would show otherwise than the image's file tree. */
export interface OverlayJoin {
  readonly tree: FileTree;
  /** To be put into one more directory on top, with their parents: the root at least. */
  readonly paths: readonly ImagePath[];
}

/**
 * Finds what no directory of one layer can say: the metadata of a directory that a layer implies and one below describes
 * (overlayfs shows the uppermost directory's), hardlinks whose target is in a layer below, and whiteouts of what no layer below has,
 * which overlayfs lists in a directory that it need not merge (seen on Linux 6.18).
 */
export async function planOverlayJoin(image: Image, signal?: AbortSignal): Promise<OverlayJoin> {
  const tree = await buildFileTree(image, signal === undefined ? {} : { signal });
  const directories = new Set<ImagePath>([IMAGE_ROOT]);
  const linked = new Set<ImagePath>();
  const below = startMerging(() => Promise.resolve());
  for (const layer of image.layers) {
    const upper = await plainLayer(await readLayerIndex(layer, { signal }));
    for (const path of joinedDirectories(upper, (path) => below.has(path))) directories.add(path);
    for (const link of upper.dangling) addNames(tree, link.path, linked);
    await below.add(upper);
  }
  // A later layer may have put something else in a directory's place.
  const there = [...directories].filter((path) => tree.get(path)?.kind === 'directory');
  const linkedThere = [...linked].filter((path) => tree.get(path) !== undefined);
  return { tree, paths: [...new Set([...there, ...linkedThere])] };
}

/** Directories of a layer that it implies, and those with whiteouts of what is not below. */
function* joinedDirectories(
  { index: { kinds, paths }, implied }: PlainLayer,
  isBelow: (path: ImagePath) => boolean,
): Generator<ImagePath> {
  for (const [place, path] of paths.entries()) {
    if (implied.has(place)) yield path;
    else if (kinds[place] === 'whiteout' && !isBelow(path)) yield parentOf(path);
  }
}

/** All names of a linked file: in one directory they can be links of each other again. */
function addNames(tree: FileTree, path: ImagePath, into: Set<ImagePath>): void {
  const entry = tree.get(path);
  if (entry === undefined) return;
  into.add(path);
  if (entry.kind === 'file') for (const name of entry.names) into.add(name);
}
