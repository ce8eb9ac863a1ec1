import type { FileTree, ImagePath } from '@pare/oci';
import type { Turn } from '../model/event-loop-turn.ts';
import type { Package } from '../model/package.ts';

/** Files that follow each other in the order of a tree's entries; one that the tree lacks is a path. */
type Files = readonly [place: number, count: number] | ImagePath;

/**
 * Packages as they are kept for the next run of the same image: it has the paths of their files again, in the same order, so that
 * places say which they are. In a large image that is a tenth of the text, and no path is held twice.
 */
export type CatalogMemory = readonly (Omit<Package, 'files'> & { readonly files: readonly Files[] })[];

/** What is to be kept of the packages of a tree. */
export function encodePackages(packages: readonly Package[], tree: FileTree): CatalogMemory {
  return packages.map((pkg) => {
    const files: ([place: number, count: number] | ImagePath)[] = [];
    let run: [place: number, count: number] | undefined;
    for (const path of pkg.files) {
      const place = tree.placeOf(path);
      if (place !== undefined && run !== undefined && place === run[0] + run[1]) {
        run[1] += 1;
        continue;
      }
      run = place === undefined ? undefined : [place, 1];
      files.push(run ?? path);
    }
    return { ...pkg, files };
  });
}

/** The packages that `encodePackages` was given for an equal tree; undefined where it was another. `turn` is awaited now and then. */
export async function decodePackages(
  memory: CatalogMemory,
  tree: FileTree,
  turn?: Turn,
): Promise<readonly Package[] | undefined> {
  const entries = [...tree.entries()];
  const packages: Package[] = [];
  for (const remembered of memory) {
    await turn?.();
    const files: ImagePath[] = [];
    for (const each of remembered.files) {
      if (typeof each === 'string') {
        files.push(each);
        continue;
      }
      const [first, count] = each;
      for (let place = first; place < first + count; place += 1) {
        const entry = entries[place];
        if (entry === undefined) return undefined;
        files.push(entry.path);
      }
    }
    packages.push({ ...remembered, files });
  }
  return packages;
}
