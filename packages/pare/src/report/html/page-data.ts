import type { RunReport } from '../../model/run-report.ts';
import { reasonWords } from '../why/reason-words.ts';

/** What the page's script draws. Short keys and shared texts, because there are tens of thousands of paths. */
export interface PageData {
  /** Every kind of reason that occurs. */
  readonly kinds: readonly string[];
  /** Every sentence about a reason that occurs. */
  readonly words: readonly string[];
  /** A kept path: its name, size in bytes (-1: no regular file), and positions in `kinds` and `words` by turns. */
  readonly kept: readonly (readonly [path: string, sizeBytes: number, ...reasons: number[]])[];
  readonly removed: readonly string[];
}

/** Reasons beyond these of one path are in report.json. */
const mostReasons = 6;

/** Makes the page's data of a report. */
export function pageData({ plan, files = [] }: Pick<RunReport, 'plan' | 'files'>): PageData {
  const kinds = positions();
  const words = positions();
  const sizes = new Map<string, number>(
    files.flatMap(({ path, kind, sizeBytes }) => (kind === 'file' ? [[path, sizeBytes] as const] : [])),
  );
  return {
    kept: plan.kept.map(({ path, reasons }) => [
      path,
      sizes.get(path) ?? -1,
      ...reasons
        .slice(0, mostReasons)
        .flatMap((reason) => [kinds.of(reason.kind), words.of(reasonWords(reason))]),
    ]),
    removed: plan.removed,
    kinds: kinds.all(),
    words: words.all(),
  };
}

function positions(): { of(text: string): number; all(): readonly string[] } {
  const known = new Map<string, number>();
  return {
    of(text) {
      const position = known.get(text) ?? known.size;
      known.set(text, position);
      return position;
    },
    all: () => [...known.keys()],
  };
}
