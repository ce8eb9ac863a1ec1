import type { TreeEntry } from '../model/file-tree.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { type ImagePath, sortPaths } from '../model/path.ts';
import { ENTRIES_UNTIL_TURN } from './layer-tree.ts';
import { NOWHERE, type TreeNodes } from './tree-nodes.ts';

/** The entries of a finished tree. */
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

const NO_PATHS: readonly ImagePath[] = [];

/** Makes the entry of every name that is reached. The first index is of no layer, the others are the layers', lowest first. */
export async function showTree(
  nodes: TreeNodes,
  indexes: readonly LayerIndex[],
  turn: () => Promise<void>,
): Promise<ShownTree> {
  const { byPath, linked } = nodes;
  /** Where each node stands among the entries. */
  const shownAt = new Int32Array(nodes.parents.length).fill(NOWHERE);
  const entries: TreeEntry[] = [];
  let sizeBytes = 0;
  let looked = 0;
  const paths = [...byPath.keys()];
  const isBefore = sortPaths(paths);
  for (const path of paths) {
    looked += 1;
    if (looked % ENTRIES_UNTIL_TURN === 0) await turn();
    const node = byPath.get(path) ?? NOWHERE;
    // Its directory came before it, if it is reached.
    if (node !== nodes.root && (shownAt[nodes.parents[node] ?? NOWHERE] ?? NOWHERE) === NOWHERE) continue;
    const number = nodes.indexes[node] ?? 0;
    // Names of one object share a list, which grows in their order.
    const names = linked.get(nodes.objects[node] ?? node);
    const place = nodes.places[node] ?? 0;
    const entry = indexes[number]?.treeEntryAt(place, path, Math.max(0, number - 1), names ?? NO_PATHS);
    if (entry === undefined) continue;
    if (entry.kind === 'file' && (names === undefined || names.length === 0)) sizeBytes += entry.sizeBytes;
    names?.push(path);
    shownAt[node] = entries.push(entry) - 1;
  }
  // Those of a file of which all but one were replaced.
  for (const names of linked.values()) if (names.length === 1) names.pop();
  const placeOf = (path: ImagePath): number | undefined => {
    const place = shownAt[byPath.get(path) ?? NOWHERE] ?? NOWHERE;
    return place === NOWHERE ? undefined : place;
  };
  const get = (path: ImagePath): TreeEntry | undefined => {
    const node = byPath.get(path);
    return node === undefined ? undefined : entries[shownAt[node] ?? NOWHERE];
  };
  return { entries, isBefore, sizeBytes, get, placeOf };
}
