import type { Entry, HardlinkEntry, LayerEntry } from '../model/entry.ts';
import { AT_ROOT, type LayerIndex, layerIndex } from '../model/layer-index.ts';
import { childPath, IMAGE_ROOT, type ImagePath } from '../model/path.ts';
import { type Inode, type LayerTree, type TreeNode, unpackLayer } from './layer-tree.ts';

/** What a layer unpacks to: every path once, a directory before what is in it, a hardlink after its target. */
export interface PlainLayer {
  readonly index: LayerIndex;
  readonly parents: Int32Array;
  /** Places of directories that no entry named. */
  readonly implied: ReadonlySet<number>;
  /** Hardlinks to what only a layer below can have; they are not in the index. */
  readonly dangling: readonly HardlinkEntry[];
}

/** Throws OciError as `unpackLayer`. */
export async function plainLayer(index: LayerIndex, turn?: () => Promise<void>): Promise<PlainLayer> {
  const { parents } = index;
  if (parents !== undefined) return { index, parents, implied: new Set(), dangling: [] };
  return flatten(await unpackLayer(index.entries(), turn));
}

/** A directory to visit, and the place of the one that it stands in. */
interface Visit {
  readonly node: TreeNode;
  readonly path: ImagePath;
  readonly parent: number;
}

function flatten({ root, dangling }: LayerTree): PlainLayer {
  const entries: LayerEntry[] = [];
  const parents: number[] = [];
  const implied = new Set<number>();
  /** The first name of each object that is no directory. */
  const firstNames = new Map<Inode, ImagePath>();
  const add = (entry: LayerEntry, parent: number): number => {
    parents.push(parent);
    return entries.push(entry) - 1;
  };
  const rest: Visit[] = [{ node: root, path: IMAGE_ROOT, parent: AT_ROOT }];
  for (let visit = rest.pop(); visit !== undefined; visit = rest.pop()) {
    const { node, path } = visit;
    const place = add(named(node.inode.entry, path), visit.parent);
    if (node.implied) implied.add(place);
    if (node.opaque) add({ kind: 'opaque', path }, place);
    for (const name of node.whiteouts) add({ kind: 'whiteout', path: childPath(path, name) }, place);
    for (const [name, child] of node.children ?? []) {
      const at = childPath(path, name);
      if (child.children !== undefined) {
        rest.push({ node: child, path: at, parent: place });
        continue;
      }
      const { entry } = child.inode;
      const first = firstNames.get(child.inode);
      if (first === undefined) firstNames.set(child.inode, at);
      add(first === undefined ? named(entry, at) : linkTo(first, entry, at), place);
    }
  }
  return {
    index: layerIndex(entries, Int32Array.from(parents)),
    parents: Int32Array.from(parents),
    implied,
    dangling: [...dangling.values()],
  };
}

/** The entry under the name where it stands. */
function named(entry: Exclude<Entry, HardlinkEntry>, path: ImagePath): LayerEntry {
  return entry.path === path ? entry : { ...entry, path };
}

function linkTo(target: ImagePath, { mode, uid, gid, mtime, xattrs }: Entry, path: ImagePath): HardlinkEntry {
  return { kind: 'hardlink', path, mode, uid, gid, mtime, xattrs, target };
}
