import type { FileTree, ImagePath } from '@pare/oci';
import type { Observation } from '../model/observation.ts';
import type { RunReport } from '../model/run-report.ts';

/**
 * The removed paths that a request needed: removed links on the way and what is at the end. Empty where the fat image has nothing there
 * either, or all of it was kept.
 */
export type RemovedPathsOf = (asked: ImagePath) => readonly ImagePath[];

/** As in Linux. */
const linkLimit = 40;

/** Knows the removed paths from a report alone, without any image. */
export function removedInReport({
  plan,
  files = [],
  removedLinks = [],
}: Pick<RunReport, 'plan' | 'files' | 'removedLinks'>): RemovedPathsOf {
  const removed = new Set<string>(plan.removed);
  const kept = new Set<string>(plan.kept.map(({ path }) => path));
  const links = new Map<string, string>(removedLinks.map(({ path, target }) => [path, target]));
  for (const { path, target } of files) if (target !== undefined) links.set(path, target);
  return (asked) => {
    const walked = followLinks(asked, links);
    if (walked === undefined || !(kept.has(walked.path) || removed.has(walked.path))) return [];
    return [...walked.through, walked.path].filter((path) => removed.has(path));
  };
}

/** Knows the removed paths from the fat image's tree and the paths that the slim one has. */
export function removedInTree(
  fat: Pick<FileTree, 'resolve'>,
  kept: { has(path: ImagePath): boolean },
): RemovedPathsOf {
  return (asked) => {
    const { entry, links, path } = fat.resolve(asked);
    return entry === undefined ? [] : [...links, path].filter((one) => !kept.has(one));
  };
}

/** The removed paths that a run of the slim image asked for and did not find, each once, sorted. */
export function lackingPaths(
  { files }: Pick<Observation, 'files'>,
  removedPathsOf: RemovedPathsOf,
): readonly ImagePath[] {
  const missing = files.filter(({ existed }) => !existed).flatMap(({ path }) => removedPathsOf(path));
  return [...new Set(missing)].sort();
}

/** Where a path leads, and the links on the way; undefined where they loop. */
function followLinks(
  asked: string,
  links: ReadonlyMap<string, string>,
): { readonly path: ImagePath; readonly through: readonly ImagePath[] } | undefined {
  const through: ImagePath[] = [];
  let rest: readonly string[] = segmentsOf(asked);
  let at = '';
  for (;;) {
    const [segment, ...further] = rest;
    if (segment === undefined) return { path: (at === '' ? '/' : at) as ImagePath, through };
    const next = `${at}/${segment}`;
    const target = links.get(next);
    rest = further;
    if (target === undefined) {
      at = next;
      continue;
    }
    if (through.push(next as ImagePath) > linkLimit) return undefined;
    const base = target.startsWith('/') ? [] : segmentsOf(at);
    rest = [...resolveDots([...base, ...segmentsOf(target)]), ...further];
    at = '';
  }
}

function segmentsOf(path: string): readonly string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** By their text: the directories before a link's own are no links here. */
function resolveDots(segments: readonly string[]): readonly string[] {
  const resolved: string[] = [];
  for (const segment of segments) {
    if (segment === '..') resolved.pop();
    else if (segment !== '.') resolved.push(segment);
  }
  return resolved;
}
