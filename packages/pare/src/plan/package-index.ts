import type { FileTree, ImagePath, TreeEntry } from '@pare/oci';
import type { Ecosystem, Package } from '../model/package.ts';
import { remembered } from './remembered.ts';
import { parentOf } from './system-paths.ts';

const operatingSystem: ReadonlySet<Ecosystem> = new Set(['deb', 'apk']);

/** Where installers put language packages; anything else that has a manifest is the application itself. */
const installedPackage =
  /\/(node_modules|nodejs|site-packages|dist-packages|gems|vendor_ruby|rubygems-integration|perl5?|vendor|ebin)\/|^\/usr\/share\/(java|perl|maven-repo|nodejs)\//;

/**
 * Metadata that a runtime's start-up reads of every installed package, used or not: importlib.metadata's entry points,
 * site's `.pth` files (setuptools' imports `_distutils_hack`), rubygems' specifications. Reading it does not touch the package.
 */
const startUpMetadata = /\.(dist-info|egg-info)(\/|$)|\.pth$|\.gemspec$|\/_distutils_hack\//;

export interface PackageIndex {
  readonly byId: ReadonlyMap<string, Package>;
  /** Packages that own the path at each place of the tree: of the operating system and of languages, the application itself left out. */
  readonly owners: readonly (readonly Package[] | undefined)[];
  /** Those that own a path. */
  ownersOf(path: ImagePath): readonly Package[];
  /** `isLanguageLibrary`, remembered. */
  isLanguageLibrary(pkg: Package): boolean;
  /** Owners of the nearest directory above a path that any package owns, operating-system packages only. */
  directoryOwnersOf(path: ImagePath): readonly Package[];
}

/** Whether a package is one of the operating system's (deb, apk). */
export function isOperatingSystemPackage(pkg: Package): boolean {
  return operatingSystem.has(pkg.ecosystem);
}

/** Whether a language package is the application's own project and not something installed for it. */
export function isApplicationPackage(pkg: Package): boolean {
  return !isOperatingSystemPackage(pkg) && !pkg.files.some((file) => installedPackage.test(file));
}

const languageLibrary =
  /^\/usr\/(lib\/python3\/dist-packages|share\/(nodejs|perl5|php|rubygems-integration)|lib\/ruby\/vendor_ruby|lib\/[^/]+\/(perl5|rubygems-integration|nodejs))\//;

/**
 * Whether an operating-system package is there to bring packages of a language (`python3-requests`, `ruby-haml`): most of
 * it lies in their places. git, which has one module for perl, is none.
 */
function isLanguageLibrary(pkg: Package): boolean {
  if (!isOperatingSystemPackage(pkg) || pkg.base) return false;
  let own = 0;
  let inPlace = 0;
  for (const file of pkg.files) {
    if (file.startsWith('/usr/share/doc/') || !liesDeep.test(file)) continue;
    own += 1;
    if (languageLibrary.test(file)) inPlace += 1;
  }
  return own > 0 && inPlace * 2 >= own;
}

/** At least four segments. */
const liesDeep = /^(?:[^/]*\/){4}/;

/** Whether reading this file says nothing about the use of the package that owns it. */
export function isStartUpMetadata(path: ImagePath): boolean {
  return startUpMetadata.test(path);
}

/** Indexes packages by the paths they own. Equal for any order of `packages`. Yields wherever it may be left alone for a while. */
export function* indexPackages(
  tree: FileTree,
  packages: readonly Package[],
): Generator<undefined, PackageIndex> {
  const sorted = sortedById(packages);
  const owners: (Package[] | undefined)[] = new Array(tree.size);
  for (const pkg of sorted) {
    yield;
    if (isApplicationPackage(pkg)) continue;
    // Most files have one owner: they share its list.
    const alone = [pkg];
    for (const file of pkg.files) {
      const place = tree.placeOf(file);
      if (place === undefined) continue;
      const others = owners[place];
      if (others === undefined) owners[place] = alone;
      else if (others.length === 1) owners[place] = [...others, pkg];
      else others.push(pkg);
    }
  }
  return packageIndex(tree, packages, owners);
}

/** In the order in which an index names the owners of a path. */
export function sortedById(packages: readonly Package[]): readonly Package[] {
  return [...packages].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** The index of packages of which it is known what they own. */
export function packageIndex(
  tree: FileTree,
  packages: readonly Package[],
  owners: PackageIndex['owners'],
): PackageIndex {
  const none: readonly Package[] = [];
  const ownersOf = (path: ImagePath): readonly Package[] => {
    const place = tree.placeOf(path);
    return (place === undefined ? undefined : owners[place]) ?? none;
  };
  return {
    byId: new Map(packages.map((pkg) => [pkg.id, pkg])),
    owners,
    ownersOf,
    isLanguageLibrary: remembered(isLanguageLibrary),
    directoryOwnersOf(path) {
      for (let at = parentOf(path); at !== '/'; at = parentOf(at)) {
        const found = ownersOf(at).filter(isOperatingSystemPackage);
        if (found.length > 0 && tree.get(at)?.kind === 'directory') return found;
      }
      return none;
    },
  };
}

/** A look takes so little that a pause after a few would be most of the work. */
const looksUntilPause = 1024;

/** Lists the entries that no package owns, in the tree's order. Yields wherever it may be left alone for a while. */
export function* unownedEntries(
  tree: FileTree,
  { owners }: PackageIndex,
): Generator<undefined, readonly TreeEntry[]> {
  const found: TreeEntry[] = [];
  let looked = 0;
  for (const entry of tree.entries()) {
    if (looked % looksUntilPause === 0) yield;
    if (owners[looked] === undefined) found.push(entry);
    looked += 1;
  }
  return found;
}
