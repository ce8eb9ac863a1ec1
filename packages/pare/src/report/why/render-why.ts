import type { ImagePath } from '@pare/oci';
import { formatBytes, formatCount, formatItems } from '../format.ts';
import {
  printable,
  type TerminalOptions,
  type TerminalStyle,
  terminalStyle,
  wrapWords,
} from '../terminal-text.ts';
import type { PathExplanation } from './explain-path.ts';
import { reasonSource } from './reason-source.ts';
import { reasonWords } from './reason-words.ts';
import type { PathSummary } from './summarise-paths.ts';

type Kept = Extract<PathExplanation, { kind: 'kept' }>;
type Removed = Extract<PathExplanation, { kind: 'removed' }>;

const mostReasons = 8;

/** `pare why` as a person reads it. */
export function renderWhy(
  answer: PathExplanation | PathSummary,
  context: TerminalOptions & { readonly probes: readonly string[] },
): string {
  const style = terminalStyle(context);
  return `${linesOf(answer, context.probes, style).join('\n')}\n`;
}

function linesOf(
  answer: PathExplanation | PathSummary,
  probes: readonly string[],
  style: TerminalStyle,
): readonly string[] {
  switch (answer.kind) {
    case 'kept':
      return keptLines(answer, style);
    case 'removed':
      return removedLines(answer, probes, style);
    case 'unknown':
      return unknownLines(answer, style);
    case 'summary':
      return summaryLines(answer, style);
  }
}

function keptLines({ path, chain, reasons, through }: Kept, style: TerminalStyle): readonly string[] {
  const { colors } = style;
  const steps = chain.flatMap((step, depth) => {
    const words = wrapWords(printable(reasonWords(step.reason)).split(' '), style.width - 4 - depth * 2);
    const last = depth === chain.length - 1;
    const source = reasonSource(step.reason);
    const end =
      last && source !== undefined
        ? [`${indent(depth + 1)}${printable(source)} is made by the application`]
        : [];
    return [
      ...words.map((line, index) => `${indent(depth)}${index === 0 ? 'because ' : '        '}${line}`),
      ...end,
    ];
  });
  const others = reasons.filter((reason) => reason !== chain[0]?.reason);
  return [
    `${colors.green('kept')}     ${colors.bold(printable(path))}${throughWords(through)}`,
    ...steps,
    ...(others.length === 0 ? [] : [colors.dim('  and also because')]),
    ...others.slice(0, mostReasons).map((reason) => colors.dim(`    ${printable(reasonWords(reason))}`)),
    ...(others.length > mostReasons
      ? [colors.dim(`    and ${others.length - mostReasons} reasons more`)]
      : []),
  ];
}

function indent(depth: number): string {
  return '  '.repeat(depth + 1);
}

function removedLines(
  { path, through, use }: Removed,
  probes: readonly string[],
  style: TerminalStyle,
): readonly string[] {
  const { colors } = style;
  const when =
    use?.probe === undefined ? 'before the first probe' : `during ${probes[use.probe] ?? 'a probe'}`;
  const why =
    use === undefined
      ? ['nothing was seen to use it, and nothing that is kept is known to need it']
      : [
          `the application asked for it ${when} (${use.accesses.join(', ')}), but a rule left it out: --exclude, or a large program that was only looked at`,
        ];
  return [
    `${colors.red('removed')}  ${colors.bold(printable(path))}${throughWords(through)}`,
    ...why
      .flatMap((line) => wrapWords(printable(line).split(' '), style.width - 4))
      .map((line) => `  ${line}`),
    colors.dim(`  keep it: --include ${printable(path)}`),
  ];
}

function throughWords(through: readonly ImagePath[]): string {
  return through.length === 0 ? '' : ` (through ${through.map(printable).join(', ')})`;
}

function unknownLines(
  { path, nearest }: Extract<PathExplanation, { kind: 'unknown' }>,
  style: TerminalStyle,
): readonly string[] {
  return [
    `${style.colors.yellow('unknown')}  ${style.colors.bold(printable(path))} is not in the image`,
    ...(nearest.length === 0 ? [] : ['  did you mean']),
    ...nearest.map((one) => `    ${printable(one)}`),
  ];
}

function summaryLines(summary: PathSummary, style: TerminalStyle): readonly string[] {
  const { colors } = style;
  const { kept, keptBytes, pattern, reasons, removed, someKept, someRemoved } = summary;
  const list = (label: string, some: readonly ImagePath[], all: number) =>
    some.length === 0
      ? []
      : [
          `  ${label}`,
          ...some.map((path) => `    ${printable(path)}`),
          ...(all > some.length ? [colors.dim(`    and ${formatCount(all - some.length)} more`)] : []),
        ];
  return [
    `${colors.bold(printable(pattern))}  ${colors.green(`${formatItems(kept, 'path')} kept`)} (${formatBytes(keptBytes)}), ${colors.red(`${formatCount(removed)} removed`)}`,
    ...reasons.map(({ kind, paths }) => `  ${formatCount(paths).padStart(7)}  ${kind}`),
    ...list('kept', someKept, kept),
    ...list('removed', someRemoved, removed),
  ];
}
