/** A segment of a glob: a plain name, a pattern of names, or `**`, which is any number of directories. */
export type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'pattern'; readonly text: string }
  | { readonly kind: 'any-depth' };

/** `/{usr/,}lib/{a,b}` → the four plain globs. Braces do not nest. */
export function expandBraces(glob: string): readonly string[] {
  return chooseFirst(glob)?.flatMap(expandBraces) ?? [glob];
}

/** `/{usr/,}lib/{a,b}` → `/usr/lib/{a,b}` and `/lib/{a,b}`; undefined for a glob without a choice. */
export function chooseFirst(glob: string): readonly string[] | undefined {
  const open = glob.indexOf('{');
  const close = glob.indexOf('}', open);
  if (open < 0 || close < 0) return undefined;
  const head = glob.slice(0, open);
  const tail = glob.slice(close + 1);
  return glob
    .slice(open + 1, close)
    .split(',')
    .map((choice) => head + choice + tail);
}

/** What one segment of a plain glob is. */
export function parseSegment(text: string): Segment {
  if (text === '**') return { kind: 'any-depth' };
  return /[*?[]/.test(text) ? { kind: 'pattern', text } : { kind: 'name', name: text };
}

/**
 * Whether a name fits a pattern: `*` is any text, `?` any character, `[…]` one of these, `[!…]` one of all others. A bracket that is not
 * closed is itself. Most patterns have one star, which takes no expression.
 */
export function matchName(pattern: string): (name: string) => boolean {
  const [prefix = '', suffix, ...more] = pattern.split(/\*+/);
  if (suffix === undefined || more.length > 0 || /[?[]/.test(pattern)) {
    const expression = new RegExp(`^${expressionOf(pattern)}$`, 's');
    return (name) => expression.test(name);
  }
  if (prefix === '') return (name) => name.endsWith(suffix);
  if (suffix === '') return (name) => name.startsWith(prefix);
  const least = prefix.length + suffix.length;
  return (name) => name.length >= least && name.startsWith(prefix) && name.endsWith(suffix);
}

function expressionOf(pattern: string): string {
  return pattern.replaceAll(/\[[^\]]*\]|[[.+^$()|\\{}\]*?]/g, (special) => {
    if (special === '*') return '.*';
    if (special === '?') return '.';
    if (special.length === 1) return `\\${special}`;
    const isOther = special.startsWith('[!');
    return `[${isOther ? '^' : ''}${special.slice(isOther ? 2 : 1, -1).replaceAll(/[\\^]/g, '\\$&')}]`;
  });
}
