import type { KeepReason } from '../../model/keep-reason.ts';
import type { KeptPath } from '../../model/reduction-plan.ts';
import type { RunReport } from '../../model/run-report.ts';
import { compactListPieces } from '../json-pieces.ts';
import { reasonWords } from '../why/reason-words.ts';
import { scriptSafe } from './markup.ts';

/** What the page's script draws. Short keys and shared texts, because there are tens of thousands of paths. */
export interface PageData {
  /** A kept path: its name, size in bytes (-1: no regular file), and positions in `kinds` and `words` by turns. */
  readonly kept: readonly (readonly [path: string, sizeBytes: number, ...reasons: number[]])[];
  readonly removed: readonly string[];
  /** Every kind of reason that occurs. */
  readonly kinds: readonly string[];
  /** Every sentence about a reason that occurs. */
  readonly words: readonly string[];
}

/** Reasons beyond these of one path are in report.json. */
const mostReasons = 6;

/** `PageData` as JSON that may stand in a script element, in pieces that are to be joined. */
export function* pageDataPieces({
  plan,
  files = [],
}: Pick<RunReport, 'plan' | 'files'>): Generator<string, undefined> {
  const kinds = positions();
  const words = positions();
  const sizes = new Map<string, number>();
  files.forEach(({ path, kind, sizeBytes }) => {
    if (kind === 'file') sizes.set(path, sizeBytes);
  });
  // One reason is that of many paths.
  const known = new Map<KeepReason, readonly [kind: number, words: number]>();
  const positionsOf = (reason: KeepReason): readonly number[] => {
    const there = known.get(reason);
    if (there !== undefined) return there;
    const made = [kinds.of(reason.kind), words.of(reasonWords(reason))] as const;
    known.set(reason, made);
    return made;
  };
  const dataOf = ({ path, reasons }: KeptPath): PageData['kept'][number] => {
    const of: number[] = [];
    reasons.slice(0, mostReasons).forEach((reason) => {
      of.push(...positionsOf(reason));
    });
    return [path, sizes.get(path) ?? -1, ...of];
  };
  const asItIs = (text: string) => text;
  yield '{"kept":';
  for (const piece of compactListPieces(plan.kept, dataOf)) yield scriptSafe(piece);
  yield ',"removed":';
  for (const piece of compactListPieces(plan.removed, asItIs)) yield scriptSafe(piece);
  yield `,"kinds":${scriptSafe(JSON.stringify(kinds.all()))}`;
  yield `,"words":${scriptSafe(JSON.stringify(words.all()))}}`;
}

function positions(): { of(text: string): number; all(): readonly string[] } {
  const known = new Map<string, number>();
  return {
    of(text) {
      const position = known.get(text);
      if (position !== undefined) return position;
      known.set(text, known.size);
      return known.size - 1;
    },
    all: () => [...known.keys()],
  };
}
