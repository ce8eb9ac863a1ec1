import type { FileTree } from '@pare/oci';
import type { Turn } from '../model/event-loop-turn.ts';
import type { Package } from '../model/package.ts';
import { decodePaths, encodePaths, type PathRuns } from '../model/path-runs.ts';

/**
 * Packages as they are kept for the next run of the same image: places in its tree say which their files are. In a large image that is a
 * tenth of the text, and no path is held twice.
 */
export type CatalogMemory = readonly (Omit<Package, 'files'> & { readonly files: PathRuns })[];

/** What is to be kept of the packages of a tree. */
export function encodePackages(packages: readonly Package[], tree: FileTree): CatalogMemory {
  return packages.map((pkg) => ({ ...pkg, files: encodePaths(pkg.files, tree) }));
}

/** The packages that `encodePackages` was given for an equal tree; undefined where it was another. `turn` is awaited now and then. */
export async function decodePackages(
  memory: CatalogMemory,
  tree: FileTree,
  turn?: Turn,
): Promise<readonly Package[] | undefined> {
  const packages: Package[] = [];
  for (const remembered of memory) {
    await turn?.();
    const files = decodePaths(remembered.files, tree);
    if (files === undefined) return undefined;
    packages.push({ ...remembered, files });
  }
  return packages;
}
