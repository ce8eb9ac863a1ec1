import type { Observation } from '../model/observation.ts';
import type { SampledRuns } from '../model/risk.ts';
import { formatItems } from './format.ts';
import { sampledRunLines } from './risk-lines.ts';
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
    ...row('known', sampledRunLines(sampledRuns)),
    ...row('written to', [printable(options.file)]),
    '',
  ].join('\n');
}
