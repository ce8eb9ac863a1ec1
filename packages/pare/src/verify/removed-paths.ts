import type { FileTree, ImagePath } from '@pare/oci';
import type { Observation } from '../model/observation.ts';
import type { RunReport } from '../model/run-report.ts';

/** Says which removed path a request was for; undefined where the fat image has nothing there either, or it was kept. */
export type RemovedPathOf = (asked: ImagePath) => ImagePath | undefined;

/** As in Linux. */
const linkLimit = 40;

/**
 * Knows the removed paths from a report alone, without any image. Links that were kept are followed. For what is
 * asked for below a removed link the link is told: where it led, the report does not say.
 */
export function removedInReport({ plan, files = [] }: Pick<RunReport, 'plan' | 'files'>): RemovedPathOf {
  const removed = new Set<string>(plan.removed);
  const directories = new Set(plan.removed.map((path) => path.slice(0, path.lastIndexOf('/'))));
  const kept = new Set<string>(plan.kept.map(({ path }) => path));
  const links = new Map<string, string>(
    files.flatMap(({ path, target }) => (target === undefined ? [] : [[path, target] as const])),
  );
  /** A directory that went has nothing of the name that was asked for; what else went may be a link. */
  const deepestRemoved = (first: string, further: readonly string[]): ImagePath | undefined => {
    let path = first;
    for (const segment of further) {
      if (!removed.has(`${path}/${segment}`)) return directories.has(path) ? undefined : (path as ImagePath);
      path = `${path}/${segment}`;
    }
    return path as ImagePath;
  };
  return (asked) => {
    let rest: readonly string[] = segmentsOf(asked);
    let at = '';
    for (let walked = 0; ; ) {
      const [segment, ...further] = rest;
      // It is what a kept link leads to in the end: the link alone is no use.
      if (segment === undefined) return undefined;
      const next = `${at}/${segment}`;
      if (removed.has(next)) return deepestRemoved(next, further);
      if (!kept.has(next)) return undefined;
      const target = links.get(next);
      rest = further;
      if (target === undefined) {
        at = next;
        continue;
      }
      walked += 1;
      if (walked > linkLimit) return undefined;
      const base = target.startsWith('/') ? [] : segmentsOf(at);
      rest = [...resolveDots([...base, ...segmentsOf(target)]), ...further];
      at = '';
    }
  };
}

/** Knows the removed paths from the fat image's tree and the paths that the slim one has. */
export function removedInTree(
  fat: Pick<FileTree, 'resolve'>,
  kept: { has(path: ImagePath): boolean },
): RemovedPathOf {
  return (asked) => {
    const { entry, links, path } = fat.resolve(asked);
    if (entry === undefined) return undefined;
    return [...links, path].some((one) => !kept.has(one)) ? asked : undefined;
  };
}

/** The removed paths that a run of the slim image asked for and did not find, each once, sorted. */
export function lackingPaths(
  { files }: Pick<Observation, 'files'>,
  removedPathOf: RemovedPathOf,
): readonly ImagePath[] {
  const missing = files.filter(({ existed }) => !existed).map(({ path }) => removedPathOf(path));
  return [...new Set(missing.filter((path) => path !== undefined))].sort();
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
