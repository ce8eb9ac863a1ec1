import type { ImagePath } from '@pare/oci';
import type { KeepReason, KeepReasonKind } from '../model/keep-reason.ts';
import type { KeptPath, ReductionPlan } from '../model/reduction-plan.ts';
import type { Kept } from './keep-set.ts';
import type { Planning } from './planning.ts';

/** How many reasons are stored for one path: libc has thousands, and the first few explain it. */
const reasonLimit = 4;
/** How many lines about excluded paths a plan carries. */
const refusalLimit = 100;

/** The strongest reason first: what a person wants to read. */
const ranks: Readonly<Record<KeepReasonKind, number>> = {
  'include-rule': 0,
  'image-config': 1,
  observed: 2,
  'put-back': 3,
  'application-file': 4,
  'elf-interpreter': 5,
  shebang: 6,
  'elf-needed': 7,
  import: 8,
  'script-command': 9,
  'named-in-settings': 9,
  shell: 10,
  'package-file': 11,
  'runtime-family': 12,
  'elf-dlopen': 13,
  'symlink-target': 14,
  'symlink-on-the-way': 15,
  'hardlink-peer': 16,
  'empty-directory': 17,
  'directory-skeleton': 18,
  'parent-directory': 19,
};

/** Turns a closed keep-set into a plan: sorted, each path with its strongest reasons, each inode counted once. */
export function assemblePlan(planning: Planning): ReductionPlan {
  const { tree } = planning.input;
  const kept: KeptPath[] = [];
  const removed: ImagePath[] = [];
  const counted = new Set<ImagePath>();
  let keptBytes = 0;
  const nodes: (Kept | undefined)[] = new Array(tree.size);
  for (const node of planning.kept.nodes()) nodes[tree.placeOf(node.entry.path) ?? tree.size] = node;
  let place = -1;
  for (const entry of tree.entries()) {
    place += 1;
    const { path } = entry;
    const node = nodes[place];
    if (node === undefined) {
      removed.push(path);
      continue;
    }
    kept.push({ path, reasons: strongestReasons(node.reasons) });
    if (entry.kind !== 'file') continue;
    const inode = entry.names[0] ?? path;
    if (entry.names.length > 1 && counted.has(inode)) continue;
    counted.add(inode);
    keptBytes += entry.sizeBytes;
  }
  return {
    schema: 'pare.plan/1',
    level: planning.level,
    kept,
    removed,
    keptBytes,
    removedBytes: tree.sizeBytes - keptBytes,
    unknowns: [...[...planning.unknowns].sort(), ...refusalLines(planning)],
  };
}

/** The few reasons that say most of why a path is kept: the first in order of rank and of their text as JSON, each once. */
export function strongestReasons(reasons: readonly KeepReason[]): readonly KeepReason[] {
  if (reasons.length === 1) return reasons;
  // Parents collect one reason from each child; where a better one is known the rest says nothing.
  const better = reasons.filter(({ kind }) => kind !== 'parent-directory');
  return better.length === 0 ? firstChild(reasons) : firstReasons(better);
}

/** The first of many children of a directory. */
function firstChild(reasons: readonly KeepReason[]): readonly KeepReason[] {
  let first: { readonly reason: KeepReason; readonly text: string } | undefined;
  for (const reason of reasons) {
    const text = 'of' in reason ? JSON.stringify(reason.of) : '';
    if (first === undefined || text < first.text) first = { reason, text };
  }
  return first === undefined ? [] : [first.reason];
}

/** A reason with its text, which is written only where another one of its rank is beside it. */
interface RankedReason {
  readonly rank: number;
  readonly reason: KeepReason;
  text?: string;
}

function firstReasons(reasons: readonly KeepReason[]): readonly KeepReason[] {
  if (reasons.length === 1) return reasons;
  const first: RankedReason[] = [];
  for (const reason of reasons) {
    const each: RankedReason = { rank: ranks[reason.kind], reason };
    let place = first.length;
    let distance = 1;
    for (; place > 0; place -= 1) {
      const before = first[place - 1];
      distance = before === undefined ? 1 : order(each, before);
      if (distance >= 0) break;
    }
    if (distance === 0 || place === reasonLimit) continue;
    first.splice(place, 0, each);
    if (first.length > reasonLimit) first.pop();
  }
  return first.map(({ reason }) => reason);
}

function order(a: RankedReason, b: RankedReason): number {
  if (a.rank !== b.rank) return a.rank - b.rank;
  a.text ??= JSON.stringify(a.reason);
  b.text ??= JSON.stringify(b.reason);
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
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
