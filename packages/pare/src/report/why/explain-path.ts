import type { ImagePath } from '@pare/oci';
import type { KeepReason } from '../../model/keep-reason.ts';
import type { FileUse } from '../../model/observation.ts';
import type { KeptPath } from '../../model/reduction-plan.ts';
import type { RunReport } from '../../model/run-report.ts';
import { nearestPaths } from './nearest-paths.ts';
import { reasonSource } from './reason-source.ts';

/** One step of a chain: this path is kept for this reason; the next step is about the path that the reason names. */
export interface ChainStep {
  readonly path: ImagePath;
  readonly reason: KeepReason;
}

/** What the report says of one path. */
export type PathExplanation =
  | {
      readonly kind: 'kept';
      readonly path: ImagePath;
      /** The shortest way to something that stands by itself: an observation, the image's config, a rule. */
      readonly chain: readonly ChainStep[];
      /** All reasons of the path itself. */
      readonly reasons: readonly KeepReason[];
      /** Kept links that were followed from the path that was asked about. */
      readonly through: readonly ImagePath[];
    }
  | {
      readonly kind: 'removed';
      readonly path: ImagePath;
      readonly through: readonly ImagePath[];
      /** How the application used it all the same: then a rule of the user's or of a level left it out. */
      readonly use?: Pick<FileUse, 'accesses' | 'probe'>;
    }
  | { readonly kind: 'unknown'; readonly path: string; readonly nearest: readonly ImagePath[] };

/** What explanations are looked up in; made once for many paths. */
export interface Explainer {
  explain(path: string): PathExplanation;
}

/** Targets of the kept links, as written, by path. */
type Links = ReadonlyMap<string, string>;

/** As in Linux. */
const linkLimit = 40;

/** Makes an explainer of a saved report. Needs no image. */
export function createExplainer({ plan, files = [], observation }: RunReport): Explainer {
  const kept = new Map<string, KeptPath>(plan.kept.map((one) => [one.path, one]));
  const removed = new Set<string>(plan.removed);
  const links = new Map<string, string>(
    files.flatMap(({ path, target }) => (target === undefined ? [] : [[path, target] as const])),
  );
  const uses = new Map<string, FileUse>(observation.files.map((use) => [use.path, use]));
  return {
    explain(asked) {
      const { path, through } = resolveKept(normalise(asked), links);
      const entry = kept.get(path);
      if (entry !== undefined)
        return {
          kind: 'kept',
          path: entry.path,
          chain: chainOf(entry, kept, links),
          reasons: entry.reasons,
          through,
        };
      if (removed.has(path)) {
        const use = uses.get(path) ?? uses.get(normalise(asked));
        return {
          kind: 'removed',
          path: path as ImagePath,
          through,
          ...(use?.existed === true ? { use: { accesses: use.accesses, probe: use.probe } } : {}),
        };
      }
      return { kind: 'unknown', path: asked, nearest: nearestPaths(path, [...kept.keys(), ...removed]) };
    },
  };
}

/** `.` and `..` by their text, and one leading slash: an argument is typed by a person. */
function normalise(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return `/${segments.join('/')}`;
}

/** Follows kept links in every segment but the last; a last segment of `.` is none. */
function resolveKept(
  asked: string,
  links: Links,
): { readonly path: string; readonly through: readonly ImagePath[] } {
  const through: ImagePath[] = [];
  let rest = asked.split('/').slice(1);
  let at = '';
  while (rest.length > 1) {
    const [segment = '', ...further] = rest;
    const next = `${at}/${segment}`;
    const target = links.get(next);
    rest = further;
    if (target === undefined) {
      at = next;
      continue;
    }
    if (through.push(next as ImagePath) > linkLimit) return { path: asked, through: [] };
    const walked = normalise(target.startsWith('/') ? target : `${at}/${target}`);
    rest = [...walked.split('/').slice(1), ...further].filter((one) => one !== '');
    at = '';
  }
  return { path: normalise(`${at}/${rest.join('/')}`), through };
}

/**
 * Breadth first, so that the chain is a shortest one; reasons are tried in the report's order, so it is always the same. A chain may also end at
 * a path that is in no image: a directory is kept for what the application makes in it.
 */
function chainOf(start: KeptPath, kept: ReadonlyMap<string, KeptPath>, links: Links): readonly ChainStep[] {
  const queue: { readonly entry: KeptPath; readonly before: readonly ChainStep[] }[] = [
    { entry: start, before: [] },
  ];
  const seen = new Set<string>([start.path]);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const reason of next.entry.reasons) {
      const chain = [...next.before, { path: next.entry.path, reason }];
      const source = reasonSource(reason);
      if (source === undefined) return chain;
      if (source === next.entry.path) continue;
      const sources = spellings(source, links).filter((path) => kept.has(path));
      if (sources.length === 0 && reason.kind === 'parent-directory') return chain;
      for (const path of sources) {
        const entry = kept.get(path);
        if (entry === undefined || seen.has(path)) continue;
        seen.add(path);
        queue.push({ entry, before: chain });
      }
    }
  }
  return start.reasons.slice(0, 1).map((reason) => ({ path: start.path, reason }));
}

/** A path as named, without links in its directories, and as what it leads to. */
function spellings(path: string, links: Links): readonly string[] {
  return [path, resolveKept(path, links).path, resolveKept(`${path}/.`, links).path];
}
