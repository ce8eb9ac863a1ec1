import { answerTitle } from '../model/answer-title.ts';
import type { Answer, Observation } from '../model/observation.ts';
import { formatCount, formatDuration, formatItems } from './format.ts';
import { notProbedLines } from './not-probed.ts';
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

const mostShown = 12;

/** `pare observe` as a person reads it: what ran, what it used, what it answered, and what could not be seen. */
export function renderObservation(
  observation: Observation,
  options: TerminalOptions & { readonly file?: string | undefined },
): string {
  const style = terminalStyle(options);
  const row = (label: string, lines: readonly string[]) => labelledRow(label, lines, style);
  const { colors } = style;
  const lines = [
    '',
    `${colors.bold(printable(observation.image.reference))} ${colors.dim(shortId(observation.image.id))}`,
    '',
    ...row('ready', [formatDuration(observation.readyAfterMs)]),
    ...row('processes', processLines(observation, style)),
    ...row('files', fileLines(observation)),
    ...row('missing', cut(missing(observation), style)),
    ...row('writes in', cut(writeLines(observation), style)),
    ...row('sockets', cut(socketLines(observation), style)),
    ...row('calls', callLines(observation, style)),
    ...row('capabilities', capabilityLines(observation, style)),
    ...row('answers', cut(observation.answers.map(answerLine), style)),
    ...row('not probed', cut(notProbedLines(observation, Number.POSITIVE_INFINITY), style)),
    ...row('not seen', accountLines(observation, style)),
    ...(options.file === undefined ? [] : row('written to', [printable(options.file)])),
    '',
  ];
  return lines.map((line) => line.trimEnd()).join('\n');
}

function shortId(id: string): string {
  return printable(id).slice(0, 'sha256:'.length + 12);
}

function cut(lines: readonly string[], style: TerminalStyle): readonly string[] {
  const shown = lines.slice(0, mostShown).map((line) => truncate(printable(line), rowColumns(style), style));
  const left = lines.length - shown.length;
  return left > 0 ? [...shown, style.colors.dim(`and ${formatCount(left)} more`)] : shown;
}

function processLines({ processes }: Observation, style: TerminalStyle): readonly string[] {
  const commands = new Map<string, number>();
  for (const { argv, executable } of processes) {
    const command = argv.length > 0 ? argv.join(' ') : (executable ?? 'unknown');
    commands.set(command, (commands.get(command) ?? 0) + 1);
  }
  return cut(
    [...commands].map(([command, times]) =>
      times === 1 ? command : `${command} (${formatCount(times)} times)`,
    ),
    style,
  );
}

function fileLines({ files }: Observation): readonly string[] {
  const there = files.filter(({ existed }) => existed);
  const count = (...accesses: readonly string[]) =>
    formatCount(there.filter((use) => use.accesses.some((access) => accesses.includes(access))).length);
  const before = there.filter(({ probe }) => probe === undefined).length;
  return [
    `${formatItems(there.length, 'path')} that were there: ${count('execute')} executed, ${count('load')} loaded, ${count('read')} read, ${count('write', 'create', 'change', 'remove')} written, ${count('list')} listed`,
    `${formatCount(before)} before the first probe, ${formatCount(there.length - before)} since`,
  ];
}

/** What was asked for and was not there, less what it then made itself. */
function missing({ files }: Observation): readonly string[] {
  return files
    .filter(({ existed, accesses }) => !existed && !accesses.includes('create') && !accesses.includes('bind'))
    .map(({ path }) => path);
}

function writeLines({ writes = [] }: Observation): readonly string[] {
  return writes.map(
    ({ directory, files, accesses }) =>
      `${directory} (${formatItems(files, 'file')}: ${accesses.join(', ')})`,
  );
}

function socketLines({ sockets }: Observation): readonly string[] {
  const words = { bind: 'bound to', listen: 'listens on', connect: 'connects to' } as const;
  return [
    ...new Set(sockets.map(({ operation, address, family }) => `${words[operation]} ${address || family}`)),
  ];
}

function callLines(
  { syscalls, arguments: values = [] }: Observation,
  style: TerminalStyle,
): readonly string[] {
  const serving = syscalls.filter(({ phase }) => phase === 'serving').map(({ name }) => name);
  const start = syscalls.length - serving.length;
  const named = values.map((use) => `${use.syscall}(${use.name ?? `${use.argument} ${use.value}`})`);
  return [
    `${formatCount(start)} beyond the ubiquitous ones at start-up, ${formatCount(serving.length)} more while serving`,
    ...wrapWords(serving.slice(0, 40), rowColumns(style)).map(style.colors.dim),
    ...wrapWords(named.slice(0, 40), rowColumns(style)).map(style.colors.dim),
  ];
}

function capabilityLines({ capabilities }: Observation, style: TerminalStyle): readonly string[] {
  if (capabilities === undefined) return [];
  const first = new Map<string, string>();
  for (const { capability, why, certainty } of capabilities) {
    if (first.has(capability)) continue;
    first.set(capability, `${capability}: ${why}${certainty === 'certain' ? '' : ' (likely)'}`);
  }
  return first.size === 0 ? ['none was needed'] : cut([...first.values()], style);
}

function answerLine(answer: Answer): string {
  const title = answerTitle(answer);
  switch (answer.kind) {
    case 'http':
      return `${answer.status}  ${title}`;
    case 'exchange':
      return `${answer.outcome}  ${title}`;
    case 'exec':
    case 'exit':
      return `exit code ${answer.exitCode}  ${title}`;
    case 'failed':
      return `failed  ${title}: ${answer.message}`;
  }
}

function accountLines({ account }: Observation, style: TerminalStyle): readonly string[] {
  const { blindSpots = [], complete, lost, mode, notes, supervisorDeaths = 0, unreadable } = account;
  const lines = [
    ...(lost > 0 ? [`${formatItems(lost, 'fact')} did not reach the record`] : []),
    ...(unreadable > 0 ? [`${formatItems(unreadable, 'path')} could not be read`] : []),
    ...(complete ? [] : ['the record is not whole']),
    ...(supervisorDeaths > 0 ? [`the sensor was killed ${formatItems(supervisorDeaths, 'time')}`] : []),
    ...blindSpots.map(({ message }) => message),
    ...notes,
  ];
  if (lines.length === 0) return [`nothing was lost (${mode})`];
  return lines.flatMap((line) => wrapWords(printable(line).split(' '), rowColumns(style)));
}
