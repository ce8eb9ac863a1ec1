import type { RunReport } from '../model/run-report.ts';
import type { Difference } from '../model/verdict.ts';
import { printable, type TerminalStyle, truncate } from './terminal-text.ts';

/** Paths shown. */
const MOST_LACKING = 10;
const MOST_DIFFERENCES = 10;
const KIND_COLUMNS = 12;

const kindWords: Readonly<Record<Difference['kind'], string>> = {
  status: 'status',
  headers: 'headers',
  body: 'body',
  'exit-code': 'exit code',
  output: 'output',
  exchange: 'exchange',
  expectation: 'expected',
  'missing-answer': 'no answer',
  'unexpected-answer': 'an answer',
  'not-listening': 'port',
  'did-not-start': 'start',
};

/** A comparison that failed, and its likely cause. */
type Failure = Pick<RunReport, 'verdict' | 'lacking' | 'profileAtFault'>;

/** The answers that differ, as a diff by probe, and what can be done about them. */
export function renderDifferences(
  report: Failure,
  advice: readonly string[],
  style: TerminalStyle,
): readonly string[] {
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
    ...renderCause(report, style),
    `  ${colors.bold('What you can do')}`,
    ...advice.map((line) => `  ${style.signs.dot} ${line}`),
  ];
}

/** What the slim image was found to lack, or that its rights alone are at fault. */
function renderCause(
  { lacking = [], profileAtFault = false }: Failure,
  style: TerminalStyle,
): readonly string[] {
  const { colors } = style;
  if (profileAtFault) {
    return [
      `  ${colors.bold('Cause')}`,
      '    It answers as it should without the seccomp profile: a call that it needs is refused.',
      '',
    ];
  }
  if (lacking.length === 0) return [];
  const shown = lacking
    .slice(0, MOST_LACKING)
    .map((path) => `    ${truncate(printable(path), style.width - 4, style)}`);
  const left = lacking.length - shown.length;
  return [
    `  ${colors.bold('It asked for these and did not find them')}`,
    ...shown,
    ...(left > 0 ? [`    and ${left} more: see lacking in report.json`] : []),
    '',
  ];
}

function renderDifference({ kind, fat, slim }: Difference, style: TerminalStyle): readonly string[] {
  const { colors } = style;
  const columns = style.width - KIND_COLUMNS - 12;
  const line = (label: string, name: string, text: string, paint: (text: string) => string) =>
    `    ${colors.dim(label.padEnd(KIND_COLUMNS))}${paint(`${name}  ${truncate(printable(text), columns, style)}`)}`;
  return [line(kindWords[kind], '- fat ', fat, colors.green), line('', '+ slim', slim, colors.red)];
}

/** What can be done about a build that failed. */
export function buildAdvice({ plan, verdict, repairRounds }: RunReport): readonly string[] {
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
