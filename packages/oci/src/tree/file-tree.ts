import { Buffer } from 'node:buffer';
import type { FileTree, TreeEntry, TreeFile } from '../model/file-tree.ts';
import type { Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import {
  childPath,
  compareNames,
  comparePaths,
  IMAGE_ROOT,
  type ImagePath,
  isChildPath,
} from '../model/path.ts';
import { ENTRIES_UNTIL_TURN, type Inode, type TreeNode } from './layer-tree.ts';
import { createResolver } from './resolve-path.ts';

const READ_LIMIT_BYTES = 16 * 1024 * 1024;
const NO_PATHS: readonly ImagePath[] = [];

/** A finished tree as a read-only view; `root` must not change any more. `turn` is awaited now and then. */
export async function fileTreeOf(
  root: TreeNode,
  layers: readonly Layer[],
  turn: () => Promise<void>,
): Promise<FileTree> {
  const { entries, sizeBytes } = await collect(root, turn);
  /** Filled at the first question: looking up alone needs no order. */
  let sorted: readonly TreeEntry[] | undefined;
  const inOrder = (): readonly TreeEntry[] => {
    sorted ??= sortEntries(root);
    return sorted;
  };
  /** Children of the directories that were asked for: those are asked for again. */
  const lists = new Map<ImagePath, readonly ImagePath[]>();
  const get = (path: ImagePath): TreeEntry | undefined => entries.get(path);
  const open: FileTree['open'] = (file, range) => {
    const layer = layers[file.layer];
    if (layer === undefined)
      throw new OciError('not-found', `${file.path} is of layer ${file.layer}, which is not there`);
    return layer.open(file, range);
  };
  return {
    size: entries.size,
    sizeBytes,
    get,
    resolve: createResolver(get),
    entries: inOrder,
    list(path) {
      const known = lists.get(path);
      if (known !== undefined) return known;
      const children = nodeAt(root, path)?.children;
      if (children === undefined) return NO_PATHS;
      const list = [...children.keys()].sort(compareNames).map((name) => childPath(path, name));
      lists.set(path, list);
      return list;
    },
    below: (path) => (path === IMAGE_ROOT ? inOrder().slice(1) : rangeBelow(inOrder(), path)),
    open,
    read: (file, limitBytes = READ_LIMIT_BYTES) => readWhole(file, open, limitBytes),
  };
}

/** Makes the entry of every name; names of one inode learn of each other. */
async function collect(
  root: TreeNode,
  turn: () => Promise<void>,
): Promise<{ readonly entries: ReadonlyMap<ImagePath, TreeEntry>; readonly sizeBytes: number }> {
  const entries = new Map<ImagePath, TreeEntry>();
  /** Lists of names of more than one; each is shared by its entries and sorted at the end. */
  const shared = new Set<ImagePath[]>();
  let sizeBytes = 0;
  const namesOf = (inode: Inode, path: ImagePath, fileBytes: number): readonly ImagePath[] => {
    if (inode.names === undefined) {
      inode.names = [path];
      sizeBytes += fileBytes;
      return inode.names;
    }
    inode.names.push(path);
    shared.add(inode.names);
    return inode.names;
  };
  const show = (node: TreeNode, path: ImagePath): void => {
    const { entry } = node.inode;
    const names = entry.kind === 'file' ? namesOf(node.inode, path, entry.sizeBytes) : NO_PATHS;
    node.view = viewOf(node.inode, path, names);
    entries.set(path, node.view);
  };
  show(root, IMAGE_ROOT);
  const directories: (readonly [TreeNode, ImagePath])[] = [[root, IMAGE_ROOT]];
  let shown = 0;
  for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
    const [directory, path] = next;
    for (const [name, child] of directory.children ?? []) {
      const written = child.inode.entry.path;
      const below = isChildPath(written, path, name) ? written : childPath(path, name);
      show(child, below);
      if (child.children !== undefined) directories.push([child, below]);
      shown += 1;
      if (shown % ENTRIES_UNTIL_TURN === 0) await turn();
    }
  }
  for (const list of shared) list.sort(comparePaths);
  return { entries, sizeBytes };
}

/** Written out member by member: for a large tree, copying objects by spread takes longer than all else. */
function viewOf({ entry, layer }: Inode, path: ImagePath, names: readonly ImagePath[]): TreeEntry {
  const { kind, mode, uid, gid, mtime, xattrs } = entry;
  switch (kind) {
    case 'file': {
      const { sizeBytes, content } = entry;
      return content === undefined
        ? { kind, path, mode, uid, gid, mtime, xattrs, sizeBytes, layer, names }
        : { kind, path, mode, uid, gid, mtime, xattrs, sizeBytes, layer, names, content };
    }
    case 'symlink':
      return { kind, path, mode, uid, gid, mtime, xattrs, target: entry.target, layer };
    case 'char-device':
    case 'block-device':
      return { kind, path, mode, uid, gid, mtime, xattrs, major: entry.major, minor: entry.minor, layer };
    case 'directory':
    case 'fifo':
      return { kind, path, mode, uid, gid, mtime, xattrs, layer };
  }
}

/**
 * All entries by path bytes. Names are sorted a directory at a time; a directory's children take the place of its name
 * and a slash, because `a-b` stands between `a` and `a/b`.
 */
function sortEntries(root: TreeNode): readonly TreeEntry[] {
  const sorted: TreeEntry[] = [];
  const descend = (children: ReadonlyMap<string, TreeNode>): void => {
    const keys: string[] = [];
    let last = '';
    let inOrder = true;
    for (const [name, child] of children) {
      // As a rule they are: tars of images are written in order.
      inOrder &&= compareNames(last, name) < 0;
      keys.push(name);
      last = name;
      if (child.children === undefined || child.children.size === 0) continue;
      last = `${name}/`;
      keys.push(last);
    }
    for (const key of inOrder ? keys : keys.sort(compareNames)) {
      const below = key.endsWith('/') ? children.get(key.slice(0, -1))?.children : undefined;
      const view = below === undefined ? children.get(key)?.view : undefined;
      if (below !== undefined) descend(below);
      else if (view !== undefined) sorted.push(view);
    }
  };
  if (root.view !== undefined) sorted.push(root.view);
  if (root.children !== undefined) descend(root.children);
  return sorted;
}

/** Entries below a directory stand together in path order. */
function rangeBelow(sorted: readonly TreeEntry[], directory: ImagePath): readonly TreeEntry[] {
  const prefix = `${directory}/`;
  const start = firstAtLeast(sorted, prefix as ImagePath);
  let end = start;
  while (sorted[end]?.path.startsWith(prefix) === true) end += 1;
  return sorted.slice(start, end);
}

function firstAtLeast(sorted: readonly TreeEntry[], path: ImagePath): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = sorted[middle];
    if (entry !== undefined && comparePaths(entry.path, path) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function nodeAt(root: TreeNode, path: ImagePath): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  if (path === IMAGE_ROOT) return node;
  for (const segment of path.split('/').slice(1)) node = node?.children?.get(segment);
  return node;
}

async function readWhole(file: TreeFile, open: FileTree['open'], limitBytes: number): Promise<Uint8Array> {
  if (file.sizeBytes > limitBytes) {
    throw new OciError(
      'too-large',
      `${file.path} has ${file.sizeBytes} bytes, more than the ${limitBytes} that are read whole`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of open(file)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
