import type { FileTree } from '../model/file-tree.ts';
import type { Image } from '../model/image.ts';
import { childPath, IMAGE_ROOT, type ImagePath } from '../model/path.ts';
import { buildFileTree } from '../tree/build-file-tree.ts';
import { impliedDirectory, type TreeNode, unpackLayer } from '../tree/layer-tree.ts';
import { mergeLayer } from '../tree/merge-layer.ts';

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
  const below = impliedDirectory(IMAGE_ROOT, 0);
  for (const [index, layer] of image.layers.entries()) {
    const entries = layer.readIndex === undefined ? layer.entries(signal) : await layer.readIndex(signal);
    const upper = await unpackLayer(entries, index);
    collectDirectories(upper.root, below, IMAGE_ROOT, directories);
    for (const link of upper.dangling.values()) addNames(tree, link.path, linked);
    mergeLayer(below, upper);
  }
  // A later layer may have put something else in a directory's place.
  const there = [...directories].filter((path) => tree.get(path)?.kind === 'directory');
  const linkedThere = [...linked].filter((path) => tree.get(path) !== undefined);
  return { tree, paths: [...new Set([...there, ...linkedThere])] };
}

function collectDirectories(
  node: TreeNode,
  below: TreeNode | undefined,
  path: ImagePath,
  into: Set<ImagePath>,
): void {
  const removesNothing = [...node.whiteouts].some((name) => below?.children?.has(name) !== true);
  if (node.implied || removesNothing) into.add(path);
  for (const [name, child] of node.children ?? []) {
    if (child.children === undefined) continue;
    collectDirectories(child, below?.children?.get(name), childPath(path, name), into);
  }
}

/** All names of a linked file: in one directory they can be links of each other again. */
function addNames(tree: FileTree, path: ImagePath, into: Set<ImagePath>): void {
  const entry = tree.get(path);
  if (entry === undefined) return;
  into.add(path);
  if (entry.kind === 'file') for (const name of entry.names) into.add(name);
}
