import type { FileTree, ImagePath } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import type { KeptPath, ReductionPlan } from '../model/reduction-plan.ts';
import type { Kept } from './keep-set.ts';
import type { Planning } from './planning.ts';
import { strongestReasons } from './strongest-reasons.ts';

/** How many lines about excluded paths a plan carries. */
const refusalLimit = 100;

/** Turns a closed keep-set into a plan: sorted, each path with its strongest reasons, each inode counted once. */
export function assemblePlan(planning: Planning): ReductionPlan {
  const { tree } = planning.input;
  const nodes = inOrder(planning.kept.nodes(), tree);
  const keptBytes = bytesOf(nodes);
  return {
    schema: 'pare.plan/1',
    level: planning.level,
    kept: nodes.map((node) => keptPath(node, planning)),
    removed: pathsBeside(nodes, tree.paths),
    keptBytes,
    removedBytes: tree.sizeBytes - keptBytes,
    unknowns: [...[...planning.unknowns].sort(), ...refusalLines(planning)],
  };
}

function inOrder(nodes: Iterable<Kept>, tree: FileTree): readonly Kept[] {
  const byPlace: (Kept | undefined)[] = new Array(tree.size);
  for (const node of nodes) byPlace[tree.placeOf(node.entry.path) ?? 0] = node;
  return byPlace.filter((node) => node !== undefined);
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

function keptPath({ entry, reasons }: Kept, { packages }: Planning): KeptPath {
  const now = reasons.some(({ kind }) => kind === 'package-file') ? reasons.map(packages.reasonNow) : reasons;
  return { path: entry.path, reasons: strongestReasons(now) };
}

/** All of these paths but those of some nodes, which are in the same order. */
function pathsBeside(nodes: readonly Kept[], paths: readonly ImagePath[]): readonly ImagePath[] {
  const beside: ImagePath[] = [];
  let passed = 0;
  let next = nodes[0]?.entry.path;
  for (const path of paths) {
    if (path !== next) {
      beside.push(path);
      continue;
    }
    passed += 1;
    next = nodes[passed]?.entry.path;
  }
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
