import { matchSubtree } from '../plan/glob.ts';
import { createExplainer, type PathExplanation } from '../report/why/explain-path.ts';
import { type PathSummary, summarisePaths } from '../report/why/summarise-paths.ts';
import { findReport } from './find-report.ts';

/** Why one path, or all that a glob matches, is kept or removed. */
export interface WhyAnswer {
  readonly schema: 'pare.why/1';
  /** The report that it is read from. */
  readonly report: string;
  /** Titles of the observation's probes, which `use.probe` counts. */
  readonly probes: readonly string[];
  /** Undefined for a glob. */
  readonly explanation?: PathExplanation;
  /** Of a glob's matches, and of what is below a directory. */
  readonly summary?: PathSummary;
}

/** Answers from a saved report; reads no image and needs no engine. Throws PareError `usage`. */
export async function explainPath(input: {
  readonly image: string;
  readonly report?: string;
  readonly path: string;
}): Promise<WhyAnswer> {
  const { path: source, report } = await findReport(input.image, input.report);
  const { path } = input;
  const base = { schema: 'pare.why/1', report: source, probes: report.observation.probes } as const;
  if (/[*?[{]/.test(path)) {
    const summary = summarisePaths(report, path, matchSubtree(path.startsWith('/') ? path : `/**/${path}`));
    return summary === undefined
      ? { ...base, explanation: { kind: 'unknown', path, nearest: [] } }
      : { ...base, summary };
  }
  const explanation = createExplainer(report).explain(path);
  const below = `${explanation.path === '/' ? '' : explanation.path}/`;
  const summary = summarisePaths(report, below, (one) => one.startsWith(below) && one !== below);
  return { ...base, explanation, ...(summary === undefined ? {} : { summary }) };
}
