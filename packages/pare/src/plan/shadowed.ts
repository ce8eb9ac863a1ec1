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
  // The first directory that a path is in says where it would be found before.
  const directories = real.map((order) =>
    order.flatMap((group, place) =>
      group.map((directory) => ({ directory, earlier: order.slice(0, place).flat() })),
    ),
  );
  return (path) =>
    directories.some((order) => {
      const below = order.find(({ directory }) => path.startsWith(directory));
      if (below === undefined) return false;
      const name = path.slice(below.directory.length);
      return below.earlier.some((other) => tree.get(`${other}${name}` as ImagePath)?.kind === 'file');
    });
}

function directoriesOf(tree: FileTree, glob: string): readonly string[] {
  return expandGlob(tree, glob)
    .filter((path) => tree.get(path)?.kind === 'directory')
    .map((path) => `${path}/`);
}
