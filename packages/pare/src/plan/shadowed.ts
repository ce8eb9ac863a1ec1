import type { FileTree, ImagePath } from '@pare/oci';
import type { Family } from './families/family.ts';
import { expandGlob } from './glob.ts';

/**
 * Finds modules that a search path never reaches, because a directory that comes earlier in it has a file of the same
 * name: families tell the order in `searchOrders`. Links are not followed: a path as it is in the tree.
 */
export function shadowTest(tree: FileTree, families: readonly Family[]): (path: string) => boolean {
  const orders = families.flatMap(({ searchOrders = [] }) =>
    searchOrders.map((order) => order.map((glob) => directoriesOf(tree, glob))),
  );
  const real = orders.filter((order) => order.filter((group) => group.length > 0).length > 1);
  const isShadowed = (path: string, order: readonly (readonly string[])[]): boolean => {
    for (const [place, group] of order.entries()) {
      for (const directory of group) {
        if (!path.startsWith(directory)) continue;
        const name = path.slice(directory.length);
        const earlier = order.slice(0, place).flat();
        return earlier.some((other) => tree.get(`${other}${name}` as ImagePath)?.kind === 'file');
      }
    }
    return false;
  };
  return (path) => real.some((order) => isShadowed(path, order));
}

function directoriesOf(tree: FileTree, glob: string): readonly string[] {
  return expandGlob(tree, glob)
    .filter((path) => tree.get(path)?.kind === 'directory')
    .map((path) => `${path}/`);
}
