import type { ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import { addRun } from '../model/path-runs.ts';
import type { KeptPath, ReductionPlan } from '../model/reduction-plan.ts';
import { inOrder, type Kept } from './keep-set.ts';
import type { Planning } from './planning.ts';
import { remembered } from './remembered.ts';
import { strongestReasons } from './strongest-reasons.ts';

/** How many lines about excluded paths a plan carries. */
const refusalLimit = 100;

/** Turns a closed keep-set into a plan: sorted, each path with its strongest reasons, each inode counted once. */
export function assemblePlan(planning: Planning): ReductionPlan {
  const { tree } = planning.input;
  const nodes = inOrder(planning.kept.nodes());
  const keptBytes = bytesOf(nodes);
  return {
    schema: 'pare.plan/1',
    level: planning.level,
    kept: keptPaths(nodes, planning),
    removed: pathsBeside(nodes, tree.paths),
    keptBytes,
    removedBytes: tree.sizeBytes - keptBytes,
    unknowns: [...[...planning.unknowns].sort(), ...refusalLines(planning)],
  };
}

function bytesOf(nodes: readonly Kept[]): number {
  const counted = new Set<ImagePath>();
  let bytes = 0;
  for (const { entry } of nodes) {
    if (entry.kind !== 'file') continue;
    const inode = entry.names[0];
    if (inode !== undefined) {
      if (counted.has(inode)) continue;
      counted.add(inode);
    }
    bytes += entry.sizeBytes;
  }
  return bytes;
}

/** Nodes that were planned ahead share lists of reasons, of which most are those of many. */
function keptPaths(nodes: readonly Kept[], { packages }: Planning): readonly KeptPath[] {
  const strongest = remembered((reasons: readonly KeepReason[]) =>
    strongestReasons(reasons.map(packages.reasonNow)),
  );
  return nodes.map(({ entry, reasons }) => ({ path: entry.path, reasons: strongest(reasons) }));
}

/** All of these paths but those of some nodes, which are in the same order. */
function pathsBeside(nodes: readonly Kept[], paths: readonly ImagePath[]): readonly ImagePath[] {
  const beside: ImagePath[] = [];
  let from = 0;
  for (const { place } of nodes) {
    addRun(beside, paths, from, place);
    from = place + 1;
  }
  addRun(beside, paths, from, paths.length);
  return beside;
}

/** What the user's exclude rules removed although something wants it: kept quiet, it would look like a fault. */
function refusalLines(planning: Planning): readonly string[] {
  const lines = planning.kept.refusals
    .filter(({ reason }) => reason.kind !== 'parent-directory' && reason.kind !== 'directory-skeleton')
    .map(
      ({ path, reason }) =>
        `${path}: excluded by rule, though it has a reason to stay: ${reasonText(reason)}`,
    )
    .sort();
  if (lines.length <= refusalLimit) return lines;
  return [
    ...lines.slice(0, refusalLimit),
    `${lines.length - refusalLimit} more excluded paths have a reason to stay`,
  ];
}

function reasonText(reason: KeepReason): string {
  return 'of' in reason ? `${reason.kind} of ${reason.of}` : reason.kind;
}
