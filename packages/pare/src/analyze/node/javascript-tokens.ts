/** A token of JavaScript, coarse: numbers count as words. */
export type JavaScriptToken =
  | { readonly kind: 'word'; readonly text: string }
  /** A literal without its quotes, escapes untouched; a template counts only without substitutions. */
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'punctuation'; readonly text: string };

/** After these words a slash begins a regular expression. */
const beforeExpression = new Set(
  'return typeof instanceof in of new delete void throw case do else yield await'.split(' '),
);

/**
 * Reads tokens of JavaScript or TypeScript, comments left out. Best effort: it never fails. Whether a slash divides or
 * begins a regular expression is told by what stands before it, which is wrong only after `)` of a condition and `}`.
 */
export function* tokenizeJavaScript(text: string): Iterable<JavaScriptToken> {
  const length = text.length;
  let at = text.startsWith('#!') ? lineEnd(text, 0) : 0;
  let previous: JavaScriptToken = { kind: 'punctuation', text: ';' };
  /** Open braces; those of a template's substitution go on with the template when they close. */
  const braces: boolean[] = [];
  while (at < length) {
    const code = text.charCodeAt(at);
    if (code <= 32) {
      at++;
      continue;
    }
    if (code === 47 /* / */) {
      const next = text.charCodeAt(at + 1);
      if (next === 47) {
        at = lineEnd(text, at);
        continue;
      }
      if (next === 42 /* * */) {
        const end = text.indexOf('*/', at + 2);
        at = end < 0 ? length : end + 2;
        continue;
      }
      if (beginsExpression(previous)) {
        at = regularExpressionEnd(text, at);
        previous = { kind: 'string', text: '' };
        continue;
      }
    }
    if (isWordCode(code)) {
      const start = at;
      while (at < length && isWordCode(text.charCodeAt(at))) at++;
      previous = { kind: 'word', text: text.slice(start, at) };
    } else if (code === 34 || code === 39) {
      const end = stringEnd(text, at, code);
      previous = { kind: 'string', text: text.slice(at + 1, end) };
      at = end + 1;
    } else if (code === 96 /* ` */ || (code === 125 && braces.pop() === true)) {
      const start = at + 1;
      const end = templateEnd(text, start);
      const substitutes = text.charCodeAt(end) === 36;
      if (substitutes) braces.push(true);
      at = end + (substitutes ? 2 : 1);
      const whole = code === 96 && !substitutes;
      previous = whole
        ? { kind: 'string', text: text.slice(start, end) }
        : { kind: 'punctuation', text: substitutes ? '${' : '`' };
    } else {
      if (code === 123 /* { */) braces.push(false);
      previous = { kind: 'punctuation', text: text[at] as string };
      at++;
    }
    yield previous;
  }
}

function isWordCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 48 && code <= 57) ||
    code === 95 ||
    code === 36 ||
    code > 127
  );
}

function beginsExpression(previous: JavaScriptToken): boolean {
  if (previous.kind === 'string') return false;
  if (previous.kind === 'word') return beforeExpression.has(previous.text);
  return previous.text !== ')' && previous.text !== ']' && previous.text !== '}' && previous.text !== '`';
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function stringEnd(text: string, start: number, quote: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === 92) at++;
    // An unclosed string ends with its line: the damage stays small when the guess about a slash was wrong.
    else if (code === 10) return at - 1;
  }
  return at;
}

/** The position of the closing backquote or of `${`. */
function templateEnd(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 96 || (code === 36 && text.charCodeAt(at + 1) === 123)) return at;
    if (code === 92) at++;
  }
  return at;
}

function regularExpressionEnd(text: string, start: number): number {
  let inClass = false;
  for (let at = start + 1; at < text.length; at++) {
    const char = text[at];
    if (char === '\\') at++;
    else if (char === '\n') return start + 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at + 1;
  }
  return start + 1;
}
