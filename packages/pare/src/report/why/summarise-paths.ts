import type { ImagePath } from '@pare/oci';
import type { KeepReasonKind } from '../../model/keep-reason.ts';
import type { RunReport } from '../../model/run-report.ts';

/** What became of everything below a directory, or of all that a glob matches. */
export interface PathSummary {
  readonly kind: 'summary';
  readonly pattern: string;
  readonly kept: number;
  readonly removed: number;
  /** Content of the kept files. */
  readonly keptBytes: number;
  /** How many of the kept paths have a reason of each kind, most first. */
  readonly reasons: readonly { readonly kind: KeepReasonKind; readonly paths: number }[];
  /** The first ones of each, sorted. */
  readonly someKept: readonly ImagePath[];
  readonly someRemoved: readonly ImagePath[];
}

const mostShown = 10;

/** Sums up the paths that match; undefined when none does. */
export function summarisePaths(
  { plan, files = [] }: Pick<RunReport, 'plan' | 'files'>,
  pattern: string,
  matches: (path: string) => boolean,
): PathSummary | undefined {
  const kept = plan.kept.filter(({ path }) => matches(path));
  const removed = plan.removed.filter(matches);
  if (kept.length + removed.length === 0) return undefined;
  const kinds = new Map<KeepReasonKind, number>();
  for (const { reasons } of kept)
    for (const kind of new Set(reasons.map((reason) => reason.kind)))
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return {
    kind: 'summary',
    pattern,
    kept: kept.length,
    removed: removed.length,
    keptBytes: files.reduce(
      (sum, { kind, path, sizeBytes }) => sum + (kind === 'file' && matches(path) ? sizeBytes : 0),
      0,
    ),
    reasons: [...kinds]
      .map(([kind, paths]) => ({ kind, paths }))
      .sort((a, b) => b.paths - a.paths || (a.kind < b.kind ? -1 : 1)),
    someKept: kept.slice(0, mostShown).map(({ path }) => path),
    someRemoved: removed.slice(0, mostShown),
  };
}
