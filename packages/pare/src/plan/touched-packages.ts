import type { FileTree, ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { Package } from '../model/package.ts';
import type { KeepLevel } from '../model/reduction-plan.ts';
import { linkedData } from './linked-data.ts';
import { isApplicationPackage, isOperatingSystemPackage, type PackageIndex } from './package-index.ts';
import { remembered } from './remembered.ts';

/** What a touched package brings. */
export interface PackagePaths {
  readonly package: Package;
  /** Why its files are kept. */
  readonly reason: KeepReason;
  /** Its directories that hold nothing. */
  readonly empty: readonly ImagePath[];
  /** Kept with all that they link to. */
  readonly kept: readonly ImagePath[];
  /** Kept if their needs cost little. */
  readonly offered: readonly ImagePath[];
}

export interface TouchedPackages {
  /** Notes that `because` was used and belongs to these packages. */
  touch(owners: readonly Package[], because: ImagePath): void;
  /** What the packages touched since the last call bring, in package order. Yields between packages. */
  takePaths(): Generator<undefined, readonly PackagePaths[]>;
  has(pkg: Package): boolean;
  /** Whether a file or link of a package belongs to what the level calls the whole package. Each is asked for once. */
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
  const partOf = remembered((pkg: Package) => remembered(partTest(policy, pkg)));
  return packagesInState(policy, partOf, new Map(), []);
}

/** Whether a path is part of what the level calls the whole package. */
function partTest({ level, isDispensable }: PackagePolicy, pkg: Package): (path: ImagePath) => boolean {
  if (level === 'observed' || isApplicationPackage(pkg)) return () => false;
  if (level === 'packages') return () => true;
  if (pkg.base) return () => false;
  return (path) => !isDispensable(pkg, path);
}

interface TouchedState {
  readonly reason: PackageFileReason;
  isWhole: boolean;
}

function packagesInState(
  policy: PackagePolicy,
  partOf: (pkg: Package) => (path: ImagePath) => boolean,
  touched: Map<string, TouchedState>,
  fresh: Package[],
): TouchedPackages {
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

  function pathsOf(pkg: Package, { reason, isWhole }: TouchedState): PackagePaths {
    const isPart = partOf(pkg);
    const isOs = isOperatingSystemPackage(pkg);
    const empty: ImagePath[] = [];
    const kept: ImagePath[] = [];
    const offered: ImagePath[] = [];
    pkg.files.forEach((path, place) => {
      const entry = policy.tree.get(path);
      if (entry?.kind === 'directory') {
        if (isEmpty(policy.tree, path, pkg.files[place + 1])) empty.push(path);
        else if (path.startsWith('/var/')) kept.push(path);
      } else if (entry !== undefined && (isWhole || !isCode(path)) && isPart(path)) {
        if (isOs && policy.level === 'used' && linkedLibrary.test(path)) return;
        (isOs ? offered : kept).push(path);
        if (entry.kind === 'symlink') offered.push(...linkedData(policy.tree, path));
      }
    });
    return { package: pkg, reason, empty, kept, offered };
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
    *takePaths() {
      const paths: PackagePaths[] = [];
      for (let pkg = fresh.pop(); pkg !== undefined; pkg = fresh.pop()) {
        yield;
        const state = touched.get(pkg.id);
        if (state !== undefined) paths.push(pathsOf(pkg, state));
        if (policy.level !== 'observed') touchDependencies(pkg);
      }
      return paths;
    },
    has: (pkg) => touched.has(pkg.id),
    isPart: (pkg, path) => partOf(pkg)(path),
    copy() {
      const renewed = new Map<KeepReason, KeepReason>();
      const same = Array.from(touched, ([id, { reason, isWhole }]) => {
        const own = { ...reason };
        renewed.set(reason, own);
        return [id, { reason: own, isWhole }] as const;
      });
      return {
        packages: packagesInState(policy, partOf, new Map(same), [...fresh]),
        renew: (reason) => renewed.get(reason) ?? reason,
      };
    },
  };
}
