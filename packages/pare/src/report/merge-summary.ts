import type { Observation } from '../model/observation.ts';
import type { SampledRuns } from '../model/risk.ts';
import { formatItems, formatPercent } from './format.ts';
import { labelledRow, printable, type TerminalOptions, terminalStyle } from './terminal-text.ts';

/** `pare merge` as a person reads it. */
export function renderMerge(
  {
    observation,
    sampledRuns,
  }: { readonly observation: Observation; readonly sampledRuns: SampledRuns | undefined },
  options: TerminalOptions & { readonly file: string },
): string {
  const style = terminalStyle(options);
  const { files, image, mergedFrom = 1, processes, syscalls } = observation;
  const row = (label: string, lines: readonly string[]) => labelledRow(label, lines, style);
  return [
    '',
    ...row('image', [printable(image.reference)]),
    ...row('observations', [String(mergedFrom)]),
    ...row('used', [
      [
        formatItems(files.length, 'path'),
        formatItems(processes.length, 'process', 'processes'),
        formatItems(syscalls.length, 'system call'),
      ].join(', '),
    ]),
    ...(sampledRuns === undefined ? [] : row('a further run', sampledRunLines(sampledRuns))),
    ...row('written to', [printable(options.file)]),
    '',
  ].join('\n');
}

/** What a further run of the same kind would use, as far as the merged ones tell. */
export function sampledRunLines({ coverage, once, unseen }: SampledRuns): readonly string[] {
  return [
    `about ${formatPercent(coverage)} of the files that it uses are known (${formatItems(once, 'file')} in one run alone)`,
    unseen === 0
      ? 'no file is estimated to be still unseen'
      : `at least ${formatItems(unseen, 'file')} still unseen, by estimate`,
  ];
}
