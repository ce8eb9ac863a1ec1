import { IMAGE_ROOT, type ImagePath, parentOf } from '../model/path.ts';

/**
 * The names of a tree of merged layers. Nodes are numbers, and what is known of them stands in columns: an object for each name of a large
 * image, and a map for each directory, would cost more than all the work on them. What is taken away stays there. It is not reached any
 * more, because the path of a directory above it leads to another node, or its own directory is NOWHERE.
 */
export interface TreeNodes {
  /** The last one that was added at each path. */
  readonly byPath: Map<ImagePath, number>;
  /** The directory that each stands in; the root stands in itself. */
  readonly parents: number[];
  readonly isDirectory: boolean[];
  /** Which of the layers' indexes says what it is, and where in there. */
  readonly indexes: number[];
  readonly places: number[];
  /** The node that had the object first: the same for hardlinks of each other. */
  readonly objects: number[];
  /** Objects that may have several names, and a list for these. */
  readonly linked: Map<number, ImagePath[]>;
  root: number;
}

/** No node. */
export const NOWHERE = -1;

/** A root alone, which the first index says at its first place. */
export function createNodes(): TreeNodes {
  const nodes: TreeNodes = {
    byPath: new Map(),
    parents: [],
    isDirectory: [],
    indexes: [],
    places: [],
    objects: [],
    linked: new Map(),
    root: 0,
  };
  addNode(nodes, IMAGE_ROOT, nodes.root, true, 0, 0);
  return nodes;
}

/** What stood at the path before, and all below it, is not reached any more. */
export function addNode(
  nodes: TreeNodes,
  path: ImagePath,
  parent: number,
  isDirectory: boolean,
  index: number,
  place: number,
): number {
  const node = nodes.parents.push(parent) - 1;
  nodes.isDirectory.push(isDirectory);
  nodes.indexes.push(index);
  nodes.places.push(place);
  nodes.objects.push(node);
  nodes.byPath.set(path, node);
  return node;
}

/** One more name of the object that `target` is a name of. */
export function addLink(nodes: TreeNodes, path: ImagePath, parent: number, target: number): void {
  const { indexes, places, objects } = nodes;
  const node = addNode(nodes, path, parent, false, indexes[target] ?? 0, places[target] ?? 0);
  const object = objects[target] ?? target;
  objects[node] = object;
  nodes.linked.set(object, []);
}

/** The node at a path, all directories above it being there; links are not followed. */
export function nodeAt(nodes: TreeNodes, path: ImagePath): number | undefined {
  if (path === IMAGE_ROOT) return nodes.root;
  const node = nodes.byPath.get(path);
  return node !== undefined && nodes.parents[node] === nodeAt(nodes, parentOf(path)) ? node : undefined;
}

/** Takes away what stands at a path, and all below it. The root stays. */
export function removeAt(nodes: TreeNodes, path: ImagePath): void {
  const node = nodeAt(nodes, path);
  if (node !== undefined && node !== nodes.root) nodes.parents[node] = NOWHERE;
}

/** Takes away what is in a directory: another node takes its place, in which nothing stands. */
export function emptyAt(nodes: TreeNodes, path: ImagePath): void {
  const { parents, isDirectory, indexes, places } = nodes;
  const node = nodeAt(nodes, path);
  if (node === undefined || isDirectory[node] !== true) return;
  const fresh = addNode(nodes, path, parents[node] ?? NOWHERE, true, indexes[node] ?? 0, places[node] ?? 0);
  if (node !== nodes.root) return;
  nodes.root = fresh;
  parents[fresh] = fresh;
}
