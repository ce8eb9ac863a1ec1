import type { TreeEntry } from '../model/file-tree.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { type ImagePath, sortPaths } from '../model/path.ts';
import { treeEntry } from '../model/tree-entry.ts';
import { ENTRIES_UNTIL_TURN } from './layer-tree.ts';
import type { ShownTree } from './shown-tree.ts';
import { NOWHERE, type TreeNodes } from './tree-nodes.ts';

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
    const told = indexes[number]?.entryAt(nodes.places[node] ?? 0);
    if (told === undefined) continue;
    const entry = treeEntry(told, path, Math.max(0, number - 1), names ?? NO_PATHS);
    if (entry.kind === 'file' && (names === undefined || names.length === 0)) sizeBytes += entry.sizeBytes;
    names?.push(path);
    shownAt[node] = entries.push(entry) - 1;
  }
  // Those of a file of which all but one were replaced.
  for (const names of linked.values()) if (names.length === 1) names.pop();
  return {
    paths: entries.map(({ path }) => path),
    isBefore,
    sizeBytes,
    entryAt: (place) => entries[place],
    ofKind: (kind) => entries.filter((entry) => entry.kind === kind),
  };
}
