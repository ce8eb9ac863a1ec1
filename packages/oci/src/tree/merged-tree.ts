import type { HardlinkEntry } from '../model/entry.ts';
import { AT_ROOT, type LayerIndex, layerIndex } from '../model/layer-index.ts';
import { OciError } from '../model/oci-error.ts';
import { IMAGE_ROOT, type ImagePath, parentOf } from '../model/path.ts';
import { ENTRIES_UNTIL_TURN, impliedDirectory } from './layer-tree.ts';
import type { PlainLayer } from './plain-layer.ts';
import { showTree } from './show-tree.ts';
import type { ShownTree } from './shown-tree.ts';
import { addLink, addNode, createNodes, emptyAt, nodeAt, removeAt, type TreeNodes } from './tree-nodes.ts';

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

/** Begins with a root that nobody described. `turn` is awaited now and then. */
export function startMerging(turn: () => Promise<void>): MergedTree {
  const nodes = createNodes();
  /** The first describes the root until a layer does, the others are of the layers. */
  const indexes: LayerIndex[] = [layerIndex([impliedDirectory(IMAGE_ROOT)])];
  return {
    async add(layer) {
      // A link to a file of a lower layer: its target must be looked up before this layer replaces it.
      const links = layer.dangling.map((link) => ({ path: link.path, target: targetOf(nodes, link) }));
      takeAway(nodes, layer.index);
      await putOn(nodes, layer, indexes.push(layer.index) - 1, turn);
      for (const { path, target } of links) {
        const parent = nodeAt(nodes, parentOf(path));
        if (parent === undefined || nodes.isDirectory[parent] !== true)
          throw new OciError('corrupt', `the hardlink ${path} stands in no directory`);
        addLink(nodes, path, parent, target);
      }
    },
    has: (path) => nodeAt(nodes, path) !== undefined,
    show: () => showTree(nodes, indexes, turn),
  };
}

function takeAway(nodes: TreeNodes, { kinds, paths }: LayerIndex): void {
  for (let place = 0; place < kinds.length; place++) {
    const path = paths[place] ?? IMAGE_ROOT;
    if (kinds[place] === 'opaque') emptyAt(nodes, path);
    else if (kinds[place] === 'whiteout') removeAt(nodes, path);
  }
}

async function putOn(
  nodes: TreeNodes,
  { index, parents, implied }: PlainLayer,
  number: number,
  turn: () => Promise<void>,
): Promise<void> {
  const { kinds, paths } = index;
  /** What has become of the layer's directories, by their places. */
  const nodeOf = new Int32Array(kinds.length);
  for (let place = 0; place < kinds.length; place++) {
    if (place % ENTRIES_UNTIL_TURN === 0) await turn();
    const kind = kinds[place];
    const path = paths[place];
    if (path === undefined || kind === 'whiteout' || kind === 'opaque') continue;
    const above = parents[place] ?? AT_ROOT;
    const parent = above === AT_ROOT ? nodes.root : (nodeOf[above] ?? nodes.root);
    if (kind === 'directory') {
      const there = nodes.byPath.get(path);
      if (there === undefined || nodes.parents[there] !== parent || nodes.isDirectory[there] !== true)
        nodeOf[place] = addNode(nodes, path, parent, true, number, place);
      else {
        nodeOf[place] = there;
        if (implied.has(place)) continue;
        nodes.indexes[there] = number;
        nodes.places[there] = place;
      }
    } else if (kind === 'hardlink') {
      const entry = index.entryAt(place);
      if (entry.kind === 'hardlink') addLink(nodes, path, parent, targetOf(nodes, entry));
    } else addNode(nodes, path, parent, false, number, place);
  }
}

function targetOf(nodes: TreeNodes, { path, target }: HardlinkEntry): number {
  const node = nodeAt(nodes, target);
  if (node !== undefined && nodes.isDirectory[node] !== true) return node;
  throw new OciError('corrupt', `the hardlink ${path} leads to ${target}, which is no file`);
}
