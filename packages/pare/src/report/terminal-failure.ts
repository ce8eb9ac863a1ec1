import type { RunReport } from '../model/run-report.ts';
import type { Difference } from '../model/verdict.ts';
import { printable, type TerminalStyle, truncate } from './terminal-text.ts';

const MOST_DIFFERENCES = 10;
const KIND_COLUMNS = 12;

const kindWords: Readonly<Record<Difference['kind'], string>> = {
  status: 'status',
  headers: 'headers',
  body: 'body',
  'exit-code': 'exit code',
  output: 'output',
  'missing-answer': 'no answer',
  'unexpected-answer': 'an answer',
  'not-listening': 'port',
  'did-not-start': 'start',
};

/** The answers that differ, as a diff by probe, and what can be done about them. */
export function renderDifferences(report: RunReport, style: TerminalStyle): readonly string[] {
  const { colors } = style;
  const shown = report.verdict.differences.slice(0, MOST_DIFFERENCES);
  const left = report.verdict.differences.length - shown.length;
  const probes = [...new Set(shown.map(({ probe }) => probe))];
  return [
    ...probes.flatMap((probe) => [
      `  ${colors.bold(truncate(printable(probe), style.width - 2, style))}`,
      ...shown
        .filter((difference) => difference.probe === probe)
        .flatMap((difference) => renderDifference(difference, style)),
      '',
    ]),
    ...(left > 0 ? [`  and ${left} more: see verdict.differences in report.json`, ''] : []),
    `  ${colors.bold('What you can do')}`,
    ...advice(report).map((line) => `  ${style.signs.dot} ${line}`),
  ];
}

function renderDifference({ kind, fat, slim }: Difference, style: TerminalStyle): readonly string[] {
  const { colors } = style;
  const columns = style.width - KIND_COLUMNS - 12;
  const line = (label: string, name: string, text: string, paint: (text: string) => string) =>
    `    ${colors.dim(label.padEnd(KIND_COLUMNS))}${paint(`${name}  ${truncate(printable(text), columns, style)}`)}`;
  return [line(kindWords[kind], '- fat ', fat, colors.green), line('', '+ slim', slim, colors.red)];
}

function advice({ plan, verdict, repairRounds }: RunReport): readonly string[] {
  const kinds = new Set(verdict.differences.map(({ kind }) => kind));
  const volatile = [...kinds].every((kind) => kind === 'body' || kind === 'headers' || kind === 'output');
  return [
    ...(volatile ? ['If the answer changes from run to run, probe something that does not.'] : []),
    'Add what the application needs: --include /path/in/the/image',
    ...(plan.level === 'observed' ? ['Keep more: --keep used'] : []),
    ...(plan.level === 'used' ? ['Keep more: --keep packages'] : []),
    ...(repairRounds === 0 ? [] : ['Allow more rounds of putting back: --repair-rounds']),
    'See what was removed: plan.removed in report.json',
  ];
}
