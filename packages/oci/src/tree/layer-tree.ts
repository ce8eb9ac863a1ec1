import type { DirectoryEntry, Entry, HardlinkEntry, LayerEntry } from '../model/entry.ts';
import { OciError } from '../model/oci-error.ts';
import { baseName, childPath, IMAGE_ROOT, type ImagePath, isDirectlyBelow, parentOf } from '../model/path.ts';

/** A file system object that may have several names; equal objects are hardlinks of each other. */
export interface Inode {
  readonly entry: Exclude<Entry, HardlinkEntry>;
}

/** One name in a tree under construction. */
export interface TreeNode {
  inode: Inode;
  /** Set for a directory alone. */
  readonly children: Map<string, TreeNode> | undefined;
  /** A directory that no entry named: it exists because something is inside it. */
  implied: boolean;
  /** The directory hides all that the layers below have in it. */
  opaque: boolean;
  /** Names in the directory that the layers below lose. */
  whiteouts: ReadonlySet<string>;
}

/** What one layer brings, before it is put on the layers below. */
export interface LayerTree {
  readonly root: TreeNode;
  /** Hardlinks whose target this layer does not have, by the path they stand at. */
  readonly dangling: ReadonlyMap<ImagePath, HardlinkEntry>;
}

/** Entries that are worked on before others may have the thread: well below a millisecond of work. */
export const ENTRIES_UNTIL_TURN = 256;
const LINK_LIMIT = 40;
const REAL_PATH_LIMIT_UNITS = 4096;
const NO_NAMES: ReadonlySet<string> = new Set();
const EPOCH = { seconds: 0, nanoseconds: 0 };
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

/** A directory that nobody described: owned by root, 0755, as Docker and containerd create it. */
export function impliedDirectory(path: ImagePath): DirectoryEntry {
  return { kind: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtime: EPOCH, xattrs: NO_XATTRS };
}

/**
 * Unpacks a layer into an empty tree, as overlayfs engines unpack it into an empty directory: a later entry replaces an
 * earlier one (a directory on a directory keeps its children), and names go through symlinks of the same layer,
 * inside the root. `turn` is awaited now and then. Throws OciError `corrupt` when an entry stands below a file.
 */
export async function unpackLayer(
  entries: Iterable<LayerEntry>,
  turn?: () => Promise<void>,
): Promise<LayerTree> {
  const unpacking = startUnpacking();
  let added = 0;
  for (const entry of entries) {
    unpacking.add(entry);
    added += 1;
    if (added % ENTRIES_UNTIL_TURN === 0) await turn?.();
  }
  return unpacking.finish();
}

function startUnpacking() {
  const root = impliedNode(IMAGE_ROOT);
  const dangling = new Map<ImagePath, HardlinkEntry>();
  /** Directories found before, by the path as written; emptied when a name is replaced. */
  const found = new Map<ImagePath, TreeNode>();
  /** The last of them: entries of a directory stand together. */
  let last: { readonly path: ImagePath; readonly node: TreeNode } | undefined;
  const removed = new Map<TreeNode, Set<string>>();

  const directoryAt = (path: ImagePath, links = 0): TreeNode => {
    if (path === IMAGE_ROOT) return root;
    const known = found.get(path);
    if (known !== undefined) return known;
    if (links > LINK_LIMIT) throw new OciError('corrupt', `too many symlinks on the way to ${path}`);
    const parentPath = parentOf(path);
    const parent = directoryAt(parentPath, links);
    const node = parent.children?.get(baseName(path)) ?? imply(parent, path);
    const { entry } = node.inode;
    if (entry.kind !== 'symlink' && node.children === undefined) {
      throw new OciError('corrupt', `something stands below ${path}, which is no directory`);
    }
    const real = entry.kind === 'symlink' ? followTarget(parent, entry.target, links + 1) : node;
    found.set(path, real);
    return real;
  };

  /** A target counts from where the link really is, and `..` from where the walk really is. */
  const followTarget = (from: TreeNode, target: string, links: number): TreeNode => {
    let here = target.startsWith('/') ? root : from;
    for (const segment of target.split('/')) {
      const path = here.inode.entry.path;
      if (segment === '..') here = directoryAt(parentOf(path), links);
      else if (segment !== '' && segment !== '.') here = directoryAt(childPath(path, segment), links);
    }
    return here;
  };

  const imply = (parent: TreeNode, path: ImagePath): TreeNode => {
    const node = impliedNode(realPath(parent, path));
    parent.children?.set(baseName(path), node);
    return node;
  };

  const parentAt = (path: ImagePath): TreeNode => {
    if (last !== undefined && isDirectlyBelow(path, last.path)) return last.node;
    const parent = parentOf(path);
    const node = directoryAt(parent);
    last = { path: parent, node };
    return node;
  };

  const remove = (directory: TreeNode, name: string): void => {
    const names = removed.get(directory) ?? new Set();
    removed.set(directory, names.add(name));
    directory.whiteouts = names;
  };

  const place = (parent: TreeNode, path: ImagePath, inode: Inode): void => {
    const name = baseName(path);
    const before = parent.children?.get(name);
    if (before?.children !== undefined && inode.entry.kind === 'directory') {
      before.inode = inode;
      before.implied = false;
      return;
    }
    if (before !== undefined) {
      found.clear();
      last = undefined;
    }
    if (dangling.size > 0) dangling.delete(path);
    parent.children?.set(name, nodeOf(inode));
  };

  const lookUp = (path: ImagePath): TreeNode | undefined => {
    if (path === IMAGE_ROOT) return root;
    let parent: TreeNode | undefined = root;
    for (const segment of parentOf(path).split('/')) {
      if (segment === '') continue;
      const next: TreeNode | undefined = parent?.children?.get(segment);
      if (next?.inode.entry.kind === 'symlink')
        return directoryAt(parentOf(path)).children?.get(baseName(path));
      parent = next;
    }
    return parent?.children?.get(baseName(path));
  };

  const link = (entry: HardlinkEntry): boolean => {
    const target = lookUp(entry.target);
    if (target === undefined || target.children !== undefined) return false;
    place(parentAt(entry.path), entry.path, target.inode);
    return true;
  };

  return {
    add(entry: LayerEntry): void {
      switch (entry.kind) {
        case 'whiteout':
          remove(parentAt(entry.path), baseName(entry.path));
          break;
        case 'opaque':
          directoryAt(entry.path).opaque = true;
          break;
        case 'hardlink':
          if (!link(entry)) dangling.set(entry.path, at(parentAt(entry.path), entry));
          break;
        default: {
          if (entry.path === IMAGE_ROOT) {
            placeRoot(root, entry);
            break;
          }
          const parent = parentAt(entry.path);
          place(parent, entry.path, { entry: at(parent, entry) });
        }
      }
    },
    finish(): LayerTree {
      // A link may stand before its target.
      for (const entry of [...dangling.values()]) if (link(entry)) dangling.delete(entry.path);
      return { root, dangling };
    },
  };
}

/** The entry with the path where it really lands, which differs when a symlink was on the way. */
function at<E extends Entry>(parent: TreeNode, entry: E): E {
  return isDirectlyBelow(entry.path, parent.inode.entry.path)
    ? entry
    : { ...entry, path: realPath(parent, entry.path) };
}

/** Links to links could make a path longer than any that was written, and deeper than we can walk. */
function realPath(parent: TreeNode, path: ImagePath): ImagePath {
  const real = childPath(parent.inode.entry.path, baseName(path));
  if (real.length > REAL_PATH_LIMIT_UNITS)
    throw new OciError('hostile', `the way to ${path} leads too deep through symlinks`);
  return real;
}

function placeRoot(root: TreeNode, entry: Exclude<Entry, HardlinkEntry>): void {
  if (entry.kind !== 'directory') throw new OciError('corrupt', `the root of a layer is a ${entry.kind}`);
  root.inode = { entry };
  root.implied = false;
}

function impliedNode(path: ImagePath): TreeNode {
  return { ...nodeOf({ entry: impliedDirectory(path) }), implied: true };
}

/** A name of an inode. */
function nodeOf(inode: Inode): TreeNode {
  const directory = inode.entry.kind === 'directory';
  return {
    inode,
    children: directory ? new Map() : undefined,
    implied: false,
    opaque: false,
    whiteouts: NO_NAMES,
  };
}
