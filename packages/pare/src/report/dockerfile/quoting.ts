const UNQUOTED = /^[\w./:@%+,=-]+$/;
const LONGEST_COMMENT = 500;

/** Whether a Dockerfile's line can hold the text: printable, and no line break. */
export function isOneLine(text: string): boolean {
  return !/[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}]/u.test(text);
}

/** A value of ENV or LABEL, quoted where it must be; `$` is literal. */
export function quoteValue(value: string): string {
  return UNQUOTED.test(value) ? value : `"${value.replace(/["\\$]/g, '\\$&')}"`;
}

/** A word of an instruction that replaces variables. */
export function escapeWord(word: string): string {
  return word.replace(/[\\$]/g, '\\$&');
}

/** A comment that is one line whatever the text holds, cut when it is long. */
export function comment(text: string): string {
  const escaped = isOneLine(text)
    ? text
    : JSON.stringify(text)
        .slice(1, -1)
        .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, '?');
  return `# ${escaped.length > LONGEST_COMMENT ? `${escaped.slice(0, LONGEST_COMMENT)}… (${text.length} characters)` : escaped}`;
}

/**
 * A list of strings in JSON, for the exec forms, in one line. What readers may take for a line's end is escaped, and so is
 * `<<`, which some take for a heredoc even inside a string.
 */
export function quoteList(words: readonly string[]): string {
  return JSON.stringify(words).replace(
    /[\p{Cc}\p{Zl}\p{Zp}]|<(?=<)/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
