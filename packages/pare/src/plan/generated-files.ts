import type { ImagePath, TreeEntry } from '@pare/oci';
import type { Package } from '../model/package.ts';
import { isLeftover } from './application-files.ts';
import type { PackageIndex } from './package-index.ts';
import { itemsUntilPause } from './pauses.ts';
import { parentOf } from './system-paths.ts';

/** Files that no package owns, made by package scripts in a directory that packages own: those of one directory. */
export interface GeneratedGroup {
  readonly owners: readonly Package[];
  readonly files: readonly ImagePath[];
}

/** The groups that are not taken yet. */
export interface GeneratedFiles {
  /** Takes the files whose directory is owned by touched packages only, each once. */
  take(isTouched: (pkg: Package) => boolean): readonly ImagePath[];
  /** The groups that are left. */
  left(): readonly GeneratedGroup[];
}

/**
 * Finds what the scripts of operating-system packages generate beside their files: module caches
 * (`gdk-pixbuf-2.0/loaders.cache`), links that enable parts (`modules-enabled/50-mod.conf`), stores (`java/cacerts`). A
 * directory that a package of the base system shares, such as /usr/bin, is nobody's. Yields wherever it may be left alone for a while.
 */
export function* findGeneratedFiles(
  unowned: readonly TreeEntry[],
  { directoryOwnersOf }: PackageIndex,
  isApplication: (path: ImagePath) => boolean,
): Generator<undefined, readonly GeneratedGroup[]> {
  const groups = new Map<ImagePath, { readonly owners: readonly Package[]; readonly files: ImagePath[] }>();
  let looked = 0;
  for (const { kind, path } of unowned) {
    looked += 1;
    if (looked % itemsUntilPause === 0) yield;
    if (kind === 'directory' || isApplication(path) || isLeftover(path)) continue;
    const directory = parentOf(path);
    const group = groups.get(directory) ?? { owners: directoryOwnersOf(path), files: [] };
    groups.set(directory, group);
    if (group.owners.length > 0 && !group.owners.some(({ base }) => base)) group.files.push(path);
  }
  return [...groups.values()].filter(({ files }) => files.length > 0);
}

/** Begins taking the files of groups. */
export function createGeneratedFiles(groups: readonly GeneratedGroup[]): GeneratedFiles {
  const open = new Set(groups);
  return {
    take(isTouched) {
      const taken: ImagePath[] = [];
      for (const group of open) {
        if (!group.owners.every(isTouched)) continue;
        taken.push(...group.files);
        open.delete(group);
      }
      return taken;
    },
    left: () => [...open],
  };
}
