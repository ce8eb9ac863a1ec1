import type { FileTree, TreeEntry } from '../model/file-tree.ts';
import type { Image } from '../model/image.ts';
import { childPath, IMAGE_ROOT, type ImagePath } from '../model/path.ts';
import { buildFileTree } from '../tree/build-file-tree.ts';
import { type TreeNode, unpackLayer } from '../tree/layer-tree.ts';

/** What the layers' directories, stacked, would show otherwise than the image's file tree. */
export interface OverlayJoin {
  readonly tree: FileTree;
  /** To be put into one more directory on top, with their parents: the root at least. */
  readonly paths: readonly ImagePath[];
}

/**
 * Finds what no directory of one layer can say: the metadata of a directory that a layer implies and one below describes
 * (overlayfs shows the uppermost directory's), and hardlinks whose target is in a layer below.
 */
export async function planOverlayJoin(image: Image, signal?: AbortSignal): Promise<OverlayJoin> {
  const tree = await buildFileTree(image, signal === undefined ? {} : { signal });
  const wanted = new Set<ImagePath>([IMAGE_ROOT]);
  for (const layer of image.layers) {
    const entries = layer.readIndex === undefined ? layer.entries(signal) : await layer.readIndex(signal);
    const { root, dangling } = await unpackLayer(entries, 0);
    collectImplied(root, IMAGE_ROOT, wanted);
    for (const path of dangling.values()) addNames(tree, path.path, wanted);
  }
  return { tree, paths: [...wanted].filter((path) => isKept(tree.get(path))) };
}

function isKept(entry: TreeEntry | undefined): boolean {
  return (
    entry?.kind === 'directory' ||
    entry?.kind === 'file' ||
    entry?.kind === 'symlink' ||
    entry?.kind === 'fifo'
  );
}

function collectImplied(node: TreeNode, path: ImagePath, into: Set<ImagePath>): void {
  for (const [name, child] of node.children ?? []) {
    if (child.children === undefined) continue;
    const at = childPath(path, name);
    if (child.implied) into.add(at);
    collectImplied(child, at, into);
  }
}

/** All names of a linked file: in one directory they can be links of each other again. */
function addNames(tree: FileTree, path: ImagePath, into: Set<ImagePath>): void {
  const entry = tree.get(path);
  if (entry === undefined) return;
  into.add(path);
  if (entry.kind === 'file') for (const name of entry.names) into.add(name);
}
