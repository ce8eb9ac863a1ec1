import type { TreeEntry } from '../model/file-tree.ts';
import { AT_ROOT, type LayerIndex, layerIndex } from '../model/layer-index.ts';
import { OciError } from '../model/oci-error.ts';
import { IMAGE_ROOT, type ImagePath, parentOf, sortPaths } from '../model/path.ts';
import { ENTRIES_UNTIL_TURN, impliedDirectory } from './layer-tree.ts';
import type { PlainLayer } from './plain-layer.ts';

/** Layers put on each other, as overlayfs shows them. */
export interface MergedTree {
  /**
   * Puts a layer on those below: first its whiteouts and opaque directories take away, then directories merge and anything else
   * replaces. A directory that the layer only implies keeps the metadata it has below. Throws OciError `corrupt` on a hardlink to nothing.
   */
  add(layer: PlainLayer): Promise<void>;
  /** Whether anything stands at exactly this path; links are not followed. */
  has(path: ImagePath): boolean;
  /** What has come of it. Nothing can be added any more. */
  show(): Promise<ShownTree>;
}

export interface ShownTree {
  /** Sorted by path bytes. */
  readonly entries: readonly TreeEntry[];
  /** Their order. */
  isBefore(left: string, right: string): boolean;
  readonly sizeBytes: number;
  get(path: ImagePath): TreeEntry | undefined;
  /** Where among the entries. */
  placeOf(path: ImagePath): number | undefined;
}

/**
 * Nodes are numbers, and what is known of them stands in columns: an object for each name of a large image, and a map for each directory,
 * would cost more than all the work on them. What is taken away stays there. It is not reached any more, because the path of a directory
 * above it leads to another node, or its own directory is NOWHERE.
 */
interface Nodes {
  /** The directory that each stands in; the root stands in itself. */
  readonly parents: number[];
  readonly isDirectory: boolean[];
  /** Which index says what it is, and where in there. */
  readonly indexes: number[];
  readonly places: number[];
  /** The node that had the object first: the same for hardlinks of each other. */
  readonly objects: number[];
}

const NOWHERE = -1;
const NO_PATHS: readonly ImagePath[] = [];

/** Begins with a root that nobody described. `turn` is awaited now and then. */
export function startMerging(turn: () => Promise<void>): MergedTree {
  const nodes: Nodes = { parents: [], isDirectory: [], indexes: [], places: [], objects: [] };
  const byPath = new Map<ImagePath, number>();
  /** The first describes the root until a layer does, the others are of the layers. */
  const indexes: LayerIndex[] = [layerIndex([impliedDirectory(IMAGE_ROOT)])];
  /** Objects that may have several names, and these names once they are known. */
  const linked = new Map<number, ImagePath[]>();

  const addNode = (
    path: ImagePath,
    parent: number,
    isDirectory: boolean,
    index: number,
    place: number,
  ): number => {
    const node = nodes.parents.push(parent) - 1;
    nodes.isDirectory.push(isDirectory);
    nodes.indexes.push(index);
    nodes.places.push(place);
    nodes.objects.push(node);
    byPath.set(path, node);
    return node;
  };
  let root = addNode(IMAGE_ROOT, 0, true, 0, 0);

  const addLink = (path: ImagePath, parent: number, target: number): void => {
    const node = addNode(path, parent, false, nodes.indexes[target] ?? 0, nodes.places[target] ?? 0);
    const object = nodes.objects[target] ?? target;
    nodes.objects[node] = object;
    linked.set(object, []);
  };

  /** The node at a path, all directories above it being there. */
  const nodeAt = (path: ImagePath): number | undefined => {
    if (path === IMAGE_ROOT) return root;
    const node = byPath.get(path);
    return node !== undefined && nodes.parents[node] === nodeAt(parentOf(path)) ? node : undefined;
  };

  /** Takes away what is in a directory: another node takes its place, in which nothing stands. */
  const empty = (path: ImagePath): void => {
    const node = nodeAt(path);
    if (node === undefined || nodes.isDirectory[node] !== true) return;
    const { parents, indexes: of, places } = nodes;
    const fresh = addNode(path, parents[node] ?? NOWHERE, true, of[node] ?? 0, places[node] ?? 0);
    if (node !== root) return;
    root = fresh;
    parents[fresh] = fresh;
  };

  const takeAway = ({ kinds, paths }: LayerIndex): void => {
    for (let place = 0; place < kinds.length; place++) {
      const path = paths[place] ?? IMAGE_ROOT;
      if (kinds[place] === 'opaque') empty(path);
      else if (kinds[place] === 'whiteout') {
        const node = nodeAt(path);
        if (node !== undefined && node !== root) nodes.parents[node] = NOWHERE;
      }
    }
  };

  const targetBelow = ({
    path,
    target,
  }: {
    readonly path: ImagePath;
    readonly target: ImagePath;
  }): number => {
    const node = nodeAt(target);
    if (node !== undefined && nodes.isDirectory[node] !== true) return node;
    throw new OciError('corrupt', `the hardlink ${path} leads to ${target}, which is no file`);
  };

  const putOn = async ({ index, parents, implied }: PlainLayer): Promise<void> => {
    const { kinds, paths } = index;
    const number = indexes.push(index) - 1;
    const nodeOf = new Int32Array(kinds.length);
    for (let place = 0; place < kinds.length; place++) {
      if (place % ENTRIES_UNTIL_TURN === 0) await turn();
      const kind = kinds[place];
      const path = paths[place];
      if (path === undefined || kind === 'whiteout' || kind === 'opaque') continue;
      const above = parents[place] ?? AT_ROOT;
      const parent = above === AT_ROOT ? root : (nodeOf[above] ?? root);
      if (kind === 'directory') {
        const there = byPath.get(path);
        if (there === undefined || nodes.parents[there] !== parent || nodes.isDirectory[there] !== true)
          nodeOf[place] = addNode(path, parent, true, number, place);
        else {
          nodeOf[place] = there;
          if (implied.has(place)) continue;
          nodes.indexes[there] = number;
          nodes.places[there] = place;
        }
      } else if (kind === 'hardlink') {
        const entry = index.entryAt(place);
        if (entry.kind === 'hardlink') addLink(path, parent, targetBelow(entry));
      } else addNode(path, parent, false, number, place);
    }
  };

  const show = async (): Promise<ShownTree> => {
    /** Where each node stands among the entries. */
    const shownAt = new Int32Array(nodes.parents.length).fill(NOWHERE);
    const entries: TreeEntry[] = [];
    let sizeBytes = 0;
    let shown = 0;
    const paths = [...byPath.keys()];
    const isBefore = sortPaths(paths);
    for (const path of paths) {
      shown += 1;
      if (shown % ENTRIES_UNTIL_TURN === 0) await turn();
      const node = byPath.get(path) ?? NOWHERE;
      if (node !== root && (shownAt[nodes.parents[node] ?? NOWHERE] ?? NOWHERE) === NOWHERE) continue;
      const number = nodes.indexes[node] ?? 0;
      // Names of one object share a list, which grows in their order.
      const names = linked.get(nodes.objects[node] ?? node);
      const place = nodes.places[node] ?? 0;
      const view = indexes[number]?.treeEntryAt(place, path, Math.max(0, number - 1), names ?? NO_PATHS);
      if (view === undefined) continue;
      if (view.kind === 'file' && (names === undefined || names.length === 0)) sizeBytes += view.sizeBytes;
      names?.push(path);
      shownAt[node] = entries.push(view) - 1;
    }
    // Those of a file of which all but one were replaced.
    for (const names of linked.values()) if (names.length === 1) names.pop();
    const placeOf = (path: ImagePath): number | undefined => {
      const place = shownAt[byPath.get(path) ?? NOWHERE] ?? NOWHERE;
      return place === NOWHERE ? undefined : place;
    };
    return {
      entries,
      isBefore,
      sizeBytes,
      get(path) {
        const node = byPath.get(path);
        return node === undefined ? undefined : entries[shownAt[node] ?? NOWHERE];
      },
      placeOf,
    };
  };

  return {
    async add(layer) {
      // A link to a file of a lower layer: its target must be looked up before this layer replaces it.
      const links = layer.dangling.map((link) => ({ path: link.path, target: targetBelow(link) }));
      takeAway(layer.index);
      await putOn(layer);
      for (const { path, target } of links) {
        const parent = nodeAt(parentOf(path));
        if (parent === undefined || nodes.isDirectory[parent] !== true)
          throw new OciError('corrupt', `the hardlink ${path} stands in no directory`);
        addLink(path, parent, target);
      }
    },
    has: (path) => nodeAt(path) !== undefined,
    show,
  };
}
