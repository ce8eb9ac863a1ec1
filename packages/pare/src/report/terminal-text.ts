import { createColors } from 'picocolors';

/** How text is rendered for a terminal; the caller decides on colour (NO_COLOR, is it a terminal). */
export interface TerminalOptions {
  readonly color: boolean;
  /** Columns. */
  readonly width: number;
  /** Box drawing and signs beyond ASCII; default: as `color`. */
  readonly unicode?: boolean;
  /** Directory of the artifacts. */
  readonly artifacts?: string | undefined;
}

const asciiSigns = {
  yes: 'OK',
  no: 'FAILED',
  times: 'x',
  dot: '-',
  bar: '#',
  rule: '-',
  ellipsis: '...',
  hidden: '***',
} as const;
const unicodeSigns = {
  yes: '✔',
  no: '✘',
  times: '×',
  dot: '·',
  bar: '█',
  rule: '─',
  ellipsis: '…',
  hidden: '•••',
} as const;

/** What every renderer for a terminal needs. */
export interface TerminalStyle {
  readonly colors: ReturnType<typeof createColors>;
  readonly signs: Readonly<Record<keyof typeof unicodeSigns, string>> & { readonly times: '×' | 'x' };
  /** Columns, within what can be read. */
  readonly width: number;
}

const NARROWEST = 40;
const WIDEST = 120;

export function terminalStyle({ color, width, unicode = color }: TerminalOptions): TerminalStyle {
  return {
    colors: createColors(color),
    signs: unicode ? unicodeSigns : asciiSigns,
    width: Math.min(Math.max(width, NARROWEST), WIDEST),
  };
}

/**
 * Text out of an image made safe for a terminal: no control characters, so no escape sequences, no text that runs backwards, and bytes that are not
 * UTF-8 as `\xNN`.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const code = character.charCodeAt(0);
    if (character === '\n') return '\\n';
    if (character === '\t') return ' ';
    return code >= 0xdc80 && code <= 0xdcff
      ? `\\x${(code - 0xdc00).toString(16)}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Cuts text in the middle of which nothing matters more than its begin. */
export function truncate(text: string, columns: number, style: TerminalStyle): string {
  const { ellipsis } = style.signs;
  return text.length <= columns
    ? text
    : `${text.slice(0, Math.max(0, columns - ellipsis.length))}${ellipsis}`;
}

/** Words in lines of at most `columns`; a longer word has a line of its own. */
export function wrapWords(words: readonly string[], columns: number, separator = ' '): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + separator.length + word.length <= columns)
      lines[lines.length - 1] = last + separator + word;
    else lines.push(word);
  }
  return lines;
}

const LABEL_COLUMNS = 13;
const INDENT = '  ';

/** Columns that are left for the text of a labelled row. */
export function rowColumns(style: TerminalStyle): number {
  return style.width - LABEL_COLUMNS - INDENT.length;
}

/** A label in its column and its lines beside it. */
export function labelledRow(
  label: string,
  lines: readonly string[],
  style: TerminalStyle,
): readonly string[] {
  return lines.map((line, index) => {
    const text = index === 0 ? style.colors.dim(label.padEnd(LABEL_COLUMNS)) : ' '.repeat(LABEL_COLUMNS);
    return `${INDENT}${text}${line}`;
  });
}
