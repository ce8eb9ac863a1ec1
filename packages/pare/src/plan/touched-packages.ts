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
  /** Whether a file or link of a package belongs to what the level calls the whole package. */
  isPart(pkg: Package, path: ImagePath): boolean;
  /** A reason that `takePaths` gave, as it is now: a path that is less than the one that it names may have touched the package since. */
  reasonNow(reason: KeepReason): KeepReason;
  /** Those that were touched until now. */
  touched(): readonly TouchedPackage[];
}

type PackageFileReason = Extract<KeepReason, { kind: 'package-file' }>;

/** A package that was touched. */
export interface TouchedPackage {
  readonly package: Package;
  /** What its files were kept for. */
  readonly reason: PackageFileReason;
  /** The least of the touching paths, so that it does not hang on their order. */
  readonly because: ImagePath;
  /** Whether its code was used, and not settings alone. */
  readonly isWhole: boolean;
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
  /** What `used` leaves out of a whole package. */
  readonly dispensableOf: (pkg: Package) => ReadonlySet<ImagePath>;
}

/**
 * Follows which packages were touched and what that brings: at `used` whole language packages with all that they depend
 * on, and whole operating-system packages that are not of the base system; at `packages` those of the base system too,
 * with their documents. At every level the empty directories that a touched package owns.
 */
export function createTouchedPackages(
  policy: PackagePolicy,
  touchedBefore: readonly TouchedPackage[] = [],
): TouchedPackages {
  const partOf = remembered((pkg: Package) => partTest(policy, pkg));
  const fresh: Package[] = [];
  const touched = new Map<string, TouchedState>();
  const byReason = new Map<KeepReason, TouchedState>();
  for (const each of touchedBefore) add({ ...each });

  function add(state: TouchedState): void {
    touched.set(state.package.id, state);
    byReason.set(state.reason, state);
  }

  function touchOne(pkg: Package, because: ImagePath): void {
    const isWhole = policy.level === 'packages' || !because.startsWith('/etc/');
    const known = touched.get(pkg.id);
    if (known === undefined) {
      const { ecosystem, name } = pkg;
      const reason = { kind: 'package-file', ecosystem, package: name, because } as const;
      add({ package: pkg, reason, because, isWhole });
      fresh.push(pkg);
      return;
    }
    if (because < known.because) known.because = because;
    if (known.isWhole || !isWhole) return;
    known.isWhole = true;
    fresh.push(pkg);
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
        if (state !== undefined) paths.push(pathsOf(policy, state, partOf(pkg)));
        if (policy.level !== 'observed') touchDependencies(pkg);
      }
      return paths;
    },
    has: (pkg) => touched.has(pkg.id),
    isPart: (pkg, path) => partOf(pkg)(path),
    reasonNow(reason) {
      const state = byReason.get(reason);
      return state === undefined || state.because === state.reason.because
        ? reason
        : { ...state.reason, because: state.because };
    },
    touched: () => [...touched.values()],
  };
}

/** What a touched package brings, of what is part of it. */
function pathsOf(
  { tree, level }: PackagePolicy,
  { package: pkg, reason, isWhole }: TouchedPackage,
  isPart: (path: ImagePath) => boolean,
): PackagePaths {
  const isOs = isOperatingSystemPackage(pkg);
  const empty: ImagePath[] = [];
  const kept: ImagePath[] = [];
  const offered: ImagePath[] = [];
  pkg.files.forEach((path, place) => {
    const entry = tree.get(path);
    if (entry?.kind === 'directory') {
      if (isEmpty(tree, path, pkg.files[place + 1])) empty.push(path);
      else if (path.startsWith('/var/')) kept.push(path);
    } else if (entry !== undefined && (isWhole || !isCode(path)) && isPart(path)) {
      if (isOs && level === 'used' && linkedLibrary.test(path)) return;
      (isOs ? offered : kept).push(path);
      if (entry.kind === 'symlink') offered.push(...linkedData(tree, path));
    }
  });
  return { package: pkg, reason, empty, kept, offered };
}

/** Whether a path is part of what the level calls the whole package. */
function partTest({ level, dispensableOf }: PackagePolicy, pkg: Package): (path: ImagePath) => boolean {
  if (level === 'observed' || isApplicationPackage(pkg)) return () => false;
  if (level === 'packages') return () => true;
  if (pkg.base) return () => false;
  const dispensable = dispensableOf(pkg);
  return (path) => !dispensable.has(path);
}

interface TouchedState extends TouchedPackage {
  because: ImagePath;
  isWhole: boolean;
}
