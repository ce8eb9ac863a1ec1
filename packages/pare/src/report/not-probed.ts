import type { Exercise } from '../model/observation.ts';
import { formatCount } from './format.ts';

/** What probes came across and did not ask, of all runs, a line each; no more than `most`, and how many more. */
export function notProbedLines(exercise: Exercise, most: number): readonly string[] {
  const all = [
    ...(exercise.notProbed ?? []).map(({ what, why }) => `${what}: ${why}`),
    ...(exercise.runs ?? []).flatMap(({ exercise: { notProbed = [] }, name }) =>
      notProbed.map(({ what, why }) => `${name}: ${what}: ${why}`),
    ),
  ];
  const left = all.length - most;
  return left > 0 ? [...all.slice(0, most), `and ${formatCount(left)} more in report.json`] : all;
}
