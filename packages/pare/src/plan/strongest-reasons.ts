import type { KeepReason, KeepReasonKind } from '../model/keep-reason.ts';

/** How many reasons are stored for one path: libc has thousands, and the first few explain it. */
const reasonLimit = 4;

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

/** The few reasons that say most of why a path is kept: the first in order of rank and of their text as JSON, each once. */
export function strongestReasons(reasons: readonly KeepReason[]): readonly KeepReason[] {
  if (reasons.length === 1) return reasons;
  // Parents collect one reason from each child; where a better one is known the rest says nothing.
  const better = reasons.filter(({ kind }) => kind !== 'parent-directory');
  return better.length === 0 ? firstChild(reasons) : firstReasons(better);
}

/**
 * Those of a path's reasons that can still be among its strongest ones when others join them. All of packages are: which of two packages of
 * one name comes first hangs on the paths that touched them.
 */
export function lastingReasons(reasons: readonly KeepReason[]): readonly KeepReason[] {
  if (reasons.length === 1) return reasons;
  const packages = new Set(reasons.filter(({ kind }) => kind === 'package-file'));
  const others = reasons.filter(({ kind }) => kind !== 'package-file' && kind !== 'parent-directory');
  if (packages.size + others.length === 0) return firstChild(reasons);
  return [...firstReasons(others), ...packages];
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
