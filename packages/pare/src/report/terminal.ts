import type { Answer } from '../model/observation.ts';
import type { RunReport } from '../model/run-report.ts';
import { formatBytes, formatCount, formatDuration, formatItems, formatRatio } from './format.ts';
import { notProbedLines } from './not-probed.ts';
import { riskLines } from './risk-lines.ts';
import { buildAdvice, renderDifferences } from './terminal-failure.ts';
import {
  labelledRow,
  printable,
  rowColumns,
  type TerminalOptions,
  type TerminalStyle,
  terminalStyle,
  truncate,
  wrapWords,
} from './terminal-text.ts';

export type { TerminalOptions } from './terminal-text.ts';

/** The end of `pare build` as a person reads it: what came of it, its sizes, what was proven, where things are. */
export function renderSummary(report: RunReport, options: TerminalOptions): string {
  const style = terminalStyle(options);
  const row = (label: string, lines: readonly string[]) => labelledRow(label, lines, style);
  const lines = [
    '',
    headline(report, style),
    '',
    ...sizeRows(report, style),
    '',
    ...row('kept', [keptLine(report, style)]),
    ...row('packages', packageLines(report, style)),
    ...row('verified', [verifiedLine(report, style)]),
    ...row('risk', riskRows(report, style)),
    ...row('not probed', notProbedRows(report, style)),
    ...row('hardened', hardenedLines(report, style)),
    ...row('artifacts', artifactLines(options.artifacts, style)),
    ...row('time', timeLines(report, style)),
    ...warningLines(report).flatMap((text) => row('note', wrapWords(text.split(' '), rowColumns(style)))),
    ...(report.verdict.passed ? [] : ['', ...renderDifferences(report, buildAdvice(report), style)]),
    '',
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function headline(
  { fat, slim, tags, verdict, repairRounds }: RunReport,
  { colors, signs }: TerminalStyle,
): string {
  if (!verdict.passed) {
    const rounds = repairRounds > 0 ? ` after ${formatItems(repairRounds, 'round')} of putting back` : '';
    const count = formatItems(verdict.differences.length, 'difference');
    return `${colors.red(signs.no)} ${colors.bold(printable(fat.reference))} was not slimmed: ${colors.red(`its answers show ${count}`)}${rounds}. Nothing was tagged.`;
  }
  const name = printable(tags[0] ?? slim?.reference ?? slim?.id ?? '');
  const ratio = formatRatio(fat.sizeBytes, slim?.sizeBytes ?? 0, signs.times);
  return `${colors.green(signs.yes)} ${colors.bold(name)} is ${colors.green(colors.bold(`${ratio} smaller`))} and answers as ${printable(fat.reference)} does`;
}

const NAME_COLUMNS = 34;
const BAR_COLUMNS = 30;

/** Both images with their sizes, drawn to scale. */
function sizeRows({ fat, slim, plan, tags }: RunReport, style: TerminalStyle): readonly string[] {
  const { colors, signs } = style;
  const slimName = slim === undefined ? 'not tagged' : (tags[0] ?? slim.reference);
  const slimBytes = slim?.sizeBytes ?? plan.keptBytes;
  const columns = Math.min(
    NAME_COLUMNS,
    Math.max(fat.reference.length, slimName.length),
    rowColumns(style) - 28,
  );
  const bars = Math.min(BAR_COLUMNS, rowColumns(style) - columns - 30);
  const line = (name: string, bytes: number, files: number, paint: (text: string) => string) => {
    const length = Math.max(1, Math.round((bytes / Math.max(fat.sizeBytes, slimBytes, 1)) * bars));
    const bar = bars > 5 ? `  ${paint(signs.bar.repeat(length))}` : '';
    return `${truncate(printable(name), columns, style).padEnd(columns)}  ${colors.bold(formatBytes(bytes).padStart(7))}  ${`${formatCount(files)} paths`.padStart(14)}${bar}`;
  };
  return [
    ...labelledRow('fat', [line(fat.reference, fat.sizeBytes, fat.files, colors.dim)], style),
    ...labelledRow(
      'slim',
      [
        line(
          slimName,
          slimBytes,
          slim?.files ?? plan.kept.length,
          slim === undefined ? colors.red : colors.green,
        ),
      ],
      style,
    ),
  ];
}

function keptLine({ plan }: RunReport, { colors }: TerminalStyle): string {
  const kept = `${formatItems(plan.kept.length, 'path')}, ${formatBytes(plan.keptBytes)}`;
  const removed = `${formatItems(plan.removed.length, 'path')}, ${formatBytes(plan.removedBytes)} removed`;
  return `${kept}; ${removed} ${colors.dim(`(--keep ${plan.level})`)}`;
}

/** How many packages are kept whole, by ecosystem: as the plan's reasons name them. */
function packageLines({ packages, plan }: RunReport, { colors }: TerminalStyle): readonly string[] {
  if (packages.length === 0) return ['none found'];
  const kept = new Map<string, Set<string>>();
  for (const { reasons } of plan.kept) {
    for (const reason of reasons) {
      if (reason.kind !== 'package-file') continue;
      const names = kept.get(reason.ecosystem) ?? new Set<string>();
      kept.set(reason.ecosystem, names.add(reason.package));
    }
  }
  const total = new Map<string, number>();
  for (const { ecosystem } of packages) total.set(ecosystem, (total.get(ecosystem) ?? 0) + 1);
  const parts = [...total].map(
    ([ecosystem, count]) => `${ecosystem} ${kept.get(ecosystem)?.size ?? 0}/${count}`,
  );
  const sum = [...kept.values()].reduce((count, names) => count + names.size, 0);
  return [
    `${formatCount(sum)} of ${formatCount(packages.length)} kept whole ${colors.dim(`(${parts.join(', ')})`)}`,
  ];
}

const answerNouns: Readonly<Record<Answer['kind'], readonly [string, string]>> = {
  http: ['HTTP request', 'HTTP requests'],
  exec: ['command', 'commands'],
  exchange: ['exchange', 'exchanges'],
  exit: ['own exit', 'own exits'],
  failed: ['failed probe', 'failed probes'],
};

function verifiedLine({ verdict, repairRounds }: RunReport, { colors }: TerminalStyle): string {
  const counts = new Map<Answer['kind'], number>();
  for (const answer of verdict.answers) counts.set(answer.kind, (counts.get(answer.kind) ?? 0) + 1);
  const parts = [...counts].map(([kind, count]) => formatItems(count, ...answerNouns[kind]));
  const kinds = parts.length > 0 ? colors.dim(` (${parts.join(', ')})`) : '';
  if (!verdict.passed) {
    return (
      colors.red(
        `${formatItems(verdict.differences.length, 'difference')} in ${formatItems(verdict.compared, 'answer')}`,
      ) + kinds
    );
  }
  const rounds = repairRounds === 0 ? '' : ` after ${formatItems(repairRounds, 'round')} of putting back`;
  const same =
    verdict.compared === 1 ? '1 answer is the same' : `${formatCount(verdict.compared)} answers are the same`;
  return colors.green(same) + rounds + kinds;
}

/** What nobody probed is known of; of an image that failed it says nothing. */
function riskRows({ risk, verdict }: RunReport, style: TerminalStyle): readonly string[] {
  if (risk === undefined || !verdict.passed) return [];
  const lines = riskLines(risk).map((line) => (style.signs.dot === '-' ? line.replaceAll('…', '...') : line));
  return lines.flatMap((line) => wrapWords(line.split(' '), rowColumns(style)));
}

const notProbedShown = 6;

function notProbedRows({ observation }: RunReport, style: TerminalStyle): readonly string[] {
  return notProbedLines(observation, notProbedShown).flatMap((line) =>
    wrapWords(printable(line).split(' '), rowColumns(style)),
  );
}

const DEFAULT_CAPABILITIES = 14;

function hardenedLines({ hardening }: RunReport, { colors }: TerminalStyle): readonly string[] {
  const calls = `${hardening.allowedSyscalls} of the ${hardening.dockerDefaultSyscalls} system calls that Docker allows`;
  const capabilities = `${hardening.capabilities.length} of ${DEFAULT_CAPABILITIES} capabilities`;
  const names =
    hardening.capabilities.length > 0
      ? colors.dim(` (${hardening.capabilities.map((name) => name.toLowerCase()).join(', ')})`)
      : '';
  return [`${calls}`, `${capabilities}${names}`];
}

function artifactLines(directory: string | undefined, { colors }: TerminalStyle): readonly string[] {
  if (directory === undefined) return ['none written'];
  return [
    printable(directory),
    colors.dim('report.html, report.json, creport.json, Dockerfile.fat, seccomp and AppArmor profiles'),
  ];
}

function timeLines({ totalMs, timings }: RunReport, style: TerminalStyle): readonly string[] {
  const { colors, signs } = style;
  const stages = timings.map(({ stage, elapsedMs }) => `${printable(stage)} ${formatDuration(elapsedMs)}`);
  return [formatDuration(totalMs), ...wrapWords(stages, rowColumns(style), ` ${signs.dot} `).map(colors.dim)];
}

/** What a person must know though it all went well. */
function warningLines({ observation: { account }, hardening, plan }: RunReport): readonly string[] {
  const lost = account.lost + account.unreadable;
  return [
    ...(lost > 0 ? [`${formatItems(lost, 'access', 'accesses')} could not be seen, so more was kept.`] : []),
    ...(account.complete ? [] : ['The record of the observation is not whole, so more was kept.']),
    ...account.notes.map(printable),
    ...hardening.notes.map(printable),
    ...(plan.unknowns.length > 0
      ? [
          `${formatItems(plan.unknowns.length, 'file')} could not be analyzed: see plan.unknowns in report.json.`,
        ]
      : []),
  ];
}
