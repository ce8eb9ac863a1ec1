/**
 * Builders write lists and structs into the history with Go's `%q` and `%v` (package fmt). What cannot be read is
 * undefined: a history is free text.
 */

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};
const CODE_ESCAPE = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/;
const LAST_CODE_POINT = 0x10ffff;

/** Reads a Go or JSON string that begins at `start` with its quote; gives the value and the position after it. */
export function parseQuoted(
  text: string,
  start: number,
): { readonly value: string; readonly end: number } | undefined {
  const quote = text[start];
  if (quote !== '"' && quote !== "'") return undefined;
  let value = '';
  for (let at = start + 1; at < text.length; ) {
    const character = text[at] ?? '';
    if (character === quote) return { value, end: at + 1 };
    if (character !== '\\') {
      value += character;
      at += 1;
      continue;
    }
    const letter = text[at + 1] ?? '';
    const simple = simpleEscapes[letter];
    const coded = simple === undefined ? CODE_ESCAPE.exec(text.slice(at + 1, at + 10)) : null;
    if (simple === undefined && coded === null) return undefined;
    value += simple ?? codePoint(coded);
    at += 1 + (simple === undefined ? (coded?.[0].length ?? 0) : 1);
  }
  return undefined;
}

function codePoint(coded: RegExpExecArray | null): string {
  const hex = coded?.[1] ?? coded?.[2] ?? coded?.[3];
  const code = hex === undefined ? Number.parseInt(coded?.[4] ?? '0', 8) : Number.parseInt(hex, 16);
  return code > LAST_CODE_POINT ? '\ufffd' : String.fromCodePoint(code);
}

/** `["a" "b"]` as `%q` writes it, or `["a","b"]` as JSON does, from `start` on. */
export function parseStringList(
  text: string,
  start = 0,
): { readonly values: readonly string[]; readonly end: number } | undefined {
  if (text[start] !== '[') return undefined;
  const values: string[] = [];
  for (let at = start + 1; at < text.length; ) {
    const character = text[at] ?? '';
    if (character === ']') return { values, end: at + 1 };
    if (character === ' ' || character === ',') {
      at += 1;
      continue;
    }
    const string = parseQuoted(text, at);
    if (string === undefined) return undefined;
    values.push(string.value);
    at = string.end;
  }
  return undefined;
}

/** `[a b]` as `%v` writes it, `map[80/tcp:{}]`, or bare words; an element with a space cannot be told from two. */
export function parseWords(text: string): readonly string[] {
  const inner = /^(?:map)?\[(.*)\]$/s.exec(text.trim())?.[1] ?? text;
  return inner
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/:\{\}$/, ''))
    .filter((word) => word !== '');
}

const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Nanoseconds of a Go duration: `1h0m30s`, `1.5s`, `250ms`. */
export function parseGoDuration(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return text === '0' ? 0 : undefined;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g)) {
    sum += Number(number) * (NANOSECONDS[unit ?? ''] ?? 0);
  }
  return Math.round(sum);
}

/** A duration as Go and Dockerfiles write it, from nanoseconds. */
export function renderGoDuration(nanoseconds: number): string {
  if (nanoseconds % 1e6 !== 0) return `${nanoseconds}ns`;
  if (nanoseconds % 1e9 !== 0) return `${nanoseconds / 1e6}ms`;
  const seconds = nanoseconds / 1e9;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const parts = [
    hours > 0 ? `${hours}h` : '',
    minutes > 0 ? `${minutes}m` : '',
    seconds % 60 > 0 ? `${seconds % 60}s` : '',
  ];
  return parts.join('') || '0s';
}
