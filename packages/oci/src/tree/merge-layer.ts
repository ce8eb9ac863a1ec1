import type { HardlinkEntry } from '../model/entry.ts';
import { OciError } from '../model/oci-error.ts';
import { baseName } from '../model/path.ts';
import { type LayerTree, nodeOf, type TreeNode } from './layer-tree.ts';

/**
 * Puts a layer on the merged layers below it, in place, as overlayfs shows them: first the layer's whiteouts and
 * opaque directories take away, then directories merge and anything else replaces. A directory that the layer only
 * implies keeps the metadata it has below. Throws OciError `corrupt` on a hardlink to nothing.
 */
export function mergeLayer(lower: TreeNode, upper: LayerTree): void {
  // A link to a file of a lower layer: its target must be looked up before this layer replaces it.
  const linked = [...upper.dangling.values()].map((link) => ({ link, target: targetBelow(lower, link) }));
  mergeDirectory(lower, upper.root);
  for (const { link, target } of linked) {
    const parent = find(lower, link.path.split('/').slice(1, -1))?.children;
    if (parent === undefined)
      throw new OciError('corrupt', `the hardlink ${link.path} stands in no directory`);
    parent.set(baseName(link.path), nodeOf(target.inode));
  }
}

function mergeDirectory(lower: TreeNode, upper: TreeNode): void {
  const names = lower.children;
  if (names === undefined || upper.children === undefined) return;
  if (!upper.implied) {
    lower.inode = upper.inode;
    lower.implied = false;
  }
  if (upper.opaque) names.clear();
  for (const name of upper.whiteouts) names.delete(name);
  for (const [name, child] of upper.children) {
    const below = names.get(name);
    if (child.children !== undefined && below?.children !== undefined) mergeDirectory(below, child);
    else names.set(name, child);
  }
}

function targetBelow(lower: TreeNode, link: HardlinkEntry): TreeNode {
  const target = find(lower, link.target.split('/').slice(1));
  if (target === undefined || target.children !== undefined) {
    throw new OciError('corrupt', `the hardlink ${link.path} leads to ${link.target}, which is no file`);
  }
  return target;
}

function find(root: TreeNode, segments: readonly string[]): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const segment of segments) node = node?.children?.get(segment);
  return node;
}
