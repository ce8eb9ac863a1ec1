import type { FileTree, ImagePath, Resolution } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { AccessKind, FileUse } from '../model/observation.ts';
import { selectedLocales } from './languages.ts';
import type { PackageIndex } from './package-index.ts';
import { isOperatingSystemPackage } from './package-index.ts';
import type { PlanInput } from './plan-input.ts';
import { isInRuntimeMount, parentOf } from './system-paths.ts';

/** A path that the run used. */
export interface ObservedRoot {
  readonly path: ImagePath;
  readonly reason: KeepReason;
  /** Whether its content was used (read, run, loaded), so that the package it belongs to counts as touched. */
  readonly touches: boolean;
}

const contentAccesses: ReadonlySet<AccessKind> = new Set(['read', 'write', 'execute', 'load']);
const attributeAccesses: ReadonlySet<AccessKind> = new Set(['stat', 'readlink', 'change', 'list', 'enter']);

/**
 * Above this size, a regular file of an operating-system package that was only asked about (stat, access) and never
 * opened is no keep: shells and language tool chains look at programs on the PATH that they then do not run. Smaller
 * ones stay, because an existence check decides what a program does (python stats `x.py` before it reads `x.pyc`).
 * Verification puts a larger one back where it mattered.
 */
const statOnlyLimitBytes = 1024 * 1024;

/**
 * The paths that an observation keeps. A path that is not in the image (made at run time, or missing) keeps the
 * directory in which it was made, never itself.
 */
export function observedRoots(input: PlanInput, index: PackageIndex): readonly ObservedRoot[] {
  const roots: ObservedRoot[] = [];
  const { files } = input.observation;
  const resolutions = files.map(({ path }) => input.tree.resolve(path));
  const opened = openedFiles(files, resolutions);
  files.forEach((use, place) => {
    const resolution = resolutions[place];
    if (resolution === undefined || isInRuntimeMount(use.path)) return;
    const there = resolution.entry !== undefined || resolution.links.includes(use.path);
    if (there) {
      // A link that was only looked at stays where what it leads to was opened by its own name (java resolves them so).
      if (!opened.has(resolution.path) && isOnlyLookedAt(use, resolution.entry, index)) return;
      if (use.path === localeArchive && input.level === 'observed' && isMissedArchive(input)) return;
      // The tree's own text of a path is found again at once, where another has to be read for that.
      const path = resolution.links.length === 0 ? (resolution.entry?.path ?? use.path) : use.path;
      roots.push({ path, reason: observedReason(use, input), touches: touches(use) });
      return;
    }
    if (!use.accesses.some((access) => access === 'create' || access === 'write' || access === 'bind'))
      return;
    const directory = nearestDirectory(input.tree, resolution.path);
    roots.push({ path: directory, reason: { kind: 'parent-directory', of: use.path }, touches: false });
  });
  return roots;
}

/** The paths at the end of links of all that was opened. */
function openedFiles(files: readonly FileUse[], resolutions: readonly Resolution[]): ReadonlySet<ImagePath> {
  const opened = new Set<ImagePath>();
  files.forEach((use, place) => {
    const resolution = resolutions[place];
    if (resolution?.entry !== undefined && touches(use)) opened.add(resolution.path);
  });
  return opened;
}

function touches(use: FileUse): boolean {
  return use.accesses.some((access) => contentAccesses.has(access));
}

function isOnlyLookedAt(use: FileUse, entry: ReturnType<FileTree['get']>, index: PackageIndex): boolean {
  return (
    entry?.kind === 'file' &&
    entry.sizeBytes > statOnlyLimitBytes &&
    use.accesses.every((access) => attributeAccesses.has(access)) &&
    index.ownersOf(entry.path).some(isOperatingSystemPackage)
  );
}

const localeArchive = '/usr/lib/locale/locale-archive';

/**
 * Whether the locale archive (5 MB for three locales) was opened in vain: glibc looks there first (setlocale(3),
 * `_nl_find_locale`), and goes on to a locale's own directory only when the archive lacks it. Only for an image that selects
 * no other locale than C.UTF-8; one that is selected later and changes an answer comes back by verification.
 */
function isMissedArchive(input: PlanInput): boolean {
  if (selectedLocales(input.config).length > 0) return false;
  return input.observation.files.some(
    ({ path, accesses, existed }) =>
      existed && accesses.includes('read') && /^\/usr\/lib\/locale\/[^/]+\/LC_[A-Z]+$/.test(path),
  );
}

function observedReason(use: FileUse, input: PlanInput): KeepReason {
  const { processes, probes } = input.observation;
  const process = processes.find(({ id }) => id === use.process);
  const probe = use.probe === undefined ? undefined : probes[use.probe];
  return {
    kind: 'observed',
    accesses: use.accesses,
    process: process?.executable ?? process?.argv[0] ?? `process ${use.process}`,
    ...(probe === undefined ? {} : { probe }),
  };
}

function nearestDirectory(tree: FileTree, path: ImagePath): ImagePath {
  let at = parentOf(path);
  while (at !== '/' && tree.get(at) === undefined) at = parentOf(at);
  return at;
}
