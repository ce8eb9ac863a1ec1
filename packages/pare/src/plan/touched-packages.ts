import type { FileTree, ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { Package } from '../model/package.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import { droppableOf } from './droppable.ts';
import type { Evidence } from './keep-set.ts';
import { isApplicationPackage, isOperatingSystemPackage, type PackageIndex } from './package-index.ts';

/** What one path of a touched package is good for. */
export type PackagePath =
  | {
      readonly how: 'keep';
      readonly evidence: Evidence;
      readonly path: ImagePath;
      readonly reason: KeepReason;
    }
  /** Kept if its needs cost little. */
  | {
      readonly how: 'offer';
      readonly path: ImagePath;
      readonly reason: KeepReason;
      readonly package: Package;
    };

export interface TouchedPackages {
  /** Notes that `because` was used and belongs to these packages. */
  touch(owners: readonly Package[], because: ImagePath): void;
  /** What the packages touched since the last call bring, in package order. */
  takePaths(): readonly PackagePath[];
  has(pkg: Package): boolean;
  /** Whether a file or link of a package belongs to what the level calls the whole package. */
  isPart(pkg: Package, path: ImagePath): boolean;
}

interface PackageFileReason {
  readonly kind: 'package-file';
  readonly ecosystem: Package['ecosystem'];
  readonly package: string;
  /** The least of the touching paths: raised until the plan is done, so that it does not hang on their order. */
  because: ImagePath;
}

/** What decides which paths of a touched package are wanted. */
export interface PackagePolicy {
  readonly tree: FileTree;
  readonly index: PackageIndex;
  readonly level: KeepLevel;
  /** What the runtime families leave out of whole packages. */
  readonly isFamilyDrop: (path: string) => boolean;
  /** Message catalogues of languages that can be selected. */
  readonly isCatalogue: (path: string) => boolean;
}

/**
 * Follows which packages were touched and what that brings: at `used` whole language packages with all that they depend
 * on, and whole operating-system packages that are not of the base system; at `packages` those of the base system too,
 * with their documents. At every level the empty directories that a touched package owns.
 */
export function createTouchedPackages(policy: PackagePolicy): TouchedPackages {
  const touched = new Map<string, PackageFileReason>();
  const fresh: Package[] = [];
  const droppable = new Map<Package, (path: string) => boolean>();

  function isPart(pkg: Package, path: ImagePath): boolean {
    if (policy.level === 'observed' || isApplicationPackage(pkg)) return false;
    if (policy.level === 'packages') return true;
    if (pkg.base) return false;
    const drops = droppable.get(pkg) ?? droppableOf(pkg);
    droppable.set(pkg, drops);
    return policy.isCatalogue(path) || !(drops(path) || policy.isFamilyDrop(path));
  }

  function touchOne(pkg: Package, because: ImagePath): void {
    const known = touched.get(pkg.id);
    if (known !== undefined) {
      if (because < known.because) known.because = because;
      return;
    }
    touched.set(pkg.id, {
      kind: 'package-file',
      ecosystem: pkg.ecosystem,
      package: pkg.name,
      because,
    });
    fresh.push(pkg);
  }

  function* pathsOf(pkg: Package): Iterable<PackagePath> {
    const reason = touched.get(pkg.id);
    if (reason === undefined) return;
    for (const path of pkg.files) {
      const entry = policy.tree.get(path);
      if (entry === undefined) continue;
      if (entry.kind === 'directory') {
        const empty = policy.tree.list(path).length === 0;
        if (empty)
          yield {
            how: 'keep',
            evidence: 'reserve',
            path,
            reason: { kind: 'empty-directory', package: pkg.name },
          };
        else if (path.startsWith('/var/')) yield { how: 'keep', evidence: 'reserve', path, reason };
      } else if (isPart(pkg, path)) {
        if (isOperatingSystemPackage(pkg)) yield { how: 'offer', path, reason, package: pkg };
        else yield { how: 'keep', evidence: 'used', path, reason };
      }
    }
  }

  return {
    touch(owners, because) {
      for (const pkg of owners) touchOne(pkg, because);
    },
    takePaths() {
      const paths: PackagePath[] = [];
      for (let pkg = fresh.pop(); pkg !== undefined; pkg = fresh.pop()) {
        paths.push(...pathsOf(pkg));
        if (policy.level === 'observed' || isOperatingSystemPackage(pkg)) continue;
        const depender = pkg.files[0] ?? ('/' as ImagePath);
        for (const id of pkg.dependsOn) {
          const dependency = policy.index.byId.get(id);
          if (dependency !== undefined) touchOne(dependency, depender);
        }
      }
      return paths;
    },
    has: (pkg) => touched.has(pkg.id),
    isPart,
  };
}
