import type { FileTree, ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { Package } from '../model/package.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import { linkedData } from './linked-data.ts';
import { isApplicationPackage, isOperatingSystemPackage, type PackageIndex } from './package-index.ts';

/** What one path of a touched package is good for. */
export type PackagePath =
  /** Kept with all that it links to. */
  | {
      readonly how: 'keep';
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
  /** The same packages, to which others are added by themselves from here on, and the reason that takes another's place there. */
  copy(): { readonly packages: TouchedPackages; readonly renew: (reason: KeepReason) => KeepReason };
}

interface PackageFileReason {
  readonly kind: 'package-file';
  readonly ecosystem: Package['ecosystem'];
  readonly package: string;
  /** The least of the touching paths: raised until the plan is done, so that it does not hang on their order. */
  because: ImagePath;
}

/** Where programs and libraries are. A package of which only settings were read keeps what lies elsewhere. */
function isCode(path: string): boolean {
  return /^(\/usr(\/local)?)?\/(s?bin|lib(32|64|x32)?|libexec)\//.test(path);
}

/**
 * Libraries that are linked by their versioned name: no plug-ins. One that nothing kept needs, or names, is of no use, though
 * others of its package are used (ICU's libicui18n, 3 MB). Name services are plug-ins of that form (nss(5)).
 */
const linkedLibrary = /^\/(?:usr\/)?lib(?:64|32|\/[^/]+-linux-[^/]+)?\/lib(?!nss_)[^/]*\.so\.[^/]*$/;

/** Whether a directory holds nothing. `next`, which a package names after it, is often in it: that is known without a list. */
function isEmpty(tree: FileTree, directory: ImagePath, next: ImagePath | undefined): boolean {
  if (next?.startsWith(`${directory}/`) === true && tree.get(next) !== undefined) return false;
  return tree.list(directory).length === 0;
}

/** What decides which paths of a touched package are wanted. */
export interface PackagePolicy {
  readonly tree: FileTree;
  readonly index: PackageIndex;
  readonly level: KeepLevel;
  /** Whether `used` leaves a path of a package out of the whole package. */
  readonly isDispensable: (pkg: Package, path: ImagePath) => boolean;
}

/**
 * Follows which packages were touched and what that brings: at `used` whole language packages with all that they depend
 * on, and whole operating-system packages that are not of the base system; at `packages` those of the base system too,
 * with their documents. At every level the empty directories that a touched package owns.
 */
export function createTouchedPackages(policy: PackagePolicy): TouchedPackages {
  return packagesInState(policy, new Map(), []);
}

interface TouchedState {
  readonly reason: PackageFileReason;
  isWhole: boolean;
}

function packagesInState(
  policy: PackagePolicy,
  touched: Map<string, TouchedState>,
  fresh: Package[],
): TouchedPackages {
  function isPart(pkg: Package, path: ImagePath): boolean {
    if (policy.level === 'observed' || isApplicationPackage(pkg)) return false;
    if (policy.level === 'packages') return true;
    if (pkg.base) return false;
    return !policy.isDispensable(pkg, path);
  }

  function touchOne(pkg: Package, because: ImagePath): void {
    const isWhole = policy.level === 'packages' || !because.startsWith('/etc/');
    const known = touched.get(pkg.id);
    if (known === undefined) {
      const { ecosystem, name } = pkg;
      touched.set(pkg.id, { reason: { kind: 'package-file', ecosystem, package: name, because }, isWhole });
      fresh.push(pkg);
      return;
    }
    if (because < known.reason.because) known.reason.because = because;
    if (known.isWhole || !isWhole) return;
    known.isWhole = true;
    fresh.push(pkg);
  }

  function* pathsOf(pkg: Package): Iterable<PackagePath> {
    const state = touched.get(pkg.id);
    if (state === undefined) return;
    const { reason, isWhole } = state;
    const empty: KeepReason = { kind: 'empty-directory', package: pkg.name };
    for (const [place, path] of pkg.files.entries()) {
      const entry = policy.tree.get(path);
      if (entry?.kind === 'directory') {
        if (isEmpty(policy.tree, path, pkg.files[place + 1])) yield { how: 'keep', path, reason: empty };
        else if (path.startsWith('/var/')) yield { how: 'keep', path, reason };
      } else if (entry !== undefined && (isWhole || !isCode(path)) && isPart(pkg, path)) {
        const isOs = isOperatingSystemPackage(pkg);
        if (isOs && policy.level === 'used' && linkedLibrary.test(path)) continue;
        if (isOs) yield { how: 'offer', path, reason, package: pkg };
        else yield { how: 'keep', path, reason };
        if (entry.kind !== 'symlink') continue;
        for (const data of linkedData(policy.tree, path))
          yield { how: 'offer', path: data, reason, package: pkg };
      }
    }
  }

  /**
   * A language package needs all that it declares. Debian strips many of these declarations, and has them as those of its
   * own packages: they are followed from one that brings a language's packages to another, never to the rest.
   */
  function touchDependencies(pkg: Package): void {
    const because = pkg.files.find((file) => policy.tree.get(file)?.kind === 'file') ?? ('/' as ImagePath);
    const isOs = isOperatingSystemPackage(pkg);
    if (isOs && !policy.index.isLanguageLibrary(pkg)) return;
    for (const id of pkg.dependsOn) {
      const dependency = policy.index.byId.get(id);
      if (dependency === undefined || (isOs && !policy.index.isLanguageLibrary(dependency))) continue;
      touchOne(dependency, because);
    }
    if (isOs) return;
    // A set first: a distribution of 10,000 files has as many owners, mostly the same.
    const owners = new Set(pkg.files.flatMap((file) => policy.index.ownersOf(file)));
    for (const owner of owners) if (policy.index.isLanguageLibrary(owner)) touchOne(owner, because);
  }

  return {
    touch(owners, because) {
      for (const pkg of owners) touchOne(pkg, because);
    },
    takePaths() {
      const paths: PackagePath[] = [];
      for (let pkg = fresh.pop(); pkg !== undefined; pkg = fresh.pop()) {
        paths.push(...pathsOf(pkg));
        if (policy.level !== 'observed') touchDependencies(pkg);
      }
      return paths;
    },
    has: (pkg) => touched.has(pkg.id),
    isPart,
    copy() {
      const renewed = new Map<KeepReason, KeepReason>();
      const same = Array.from(touched, ([id, { reason, isWhole }]) => {
        const own = { ...reason };
        renewed.set(reason, own);
        return [id, { reason: own, isWhole }] as const;
      });
      return {
        packages: packagesInState(policy, new Map(same), [...fresh]),
        renew: (reason) => renewed.get(reason) ?? reason,
      };
    },
  };
}
