import { quoteList } from './quoting.ts';

const LINE_WIDTH = 100;
/** A command that is not longer stays on one line. */
const SHORT = 72;
const INDENT = '    ';
/** Levels of indentation, however many tabs there were. */
const DEEPEST = 4;
const LAST_CONTROL = 0x1f;

/** A RUN instruction: as shell text when that gives the command back exactly, else in the exec form, which always does. */
export function renderRun(
  command: string,
  shell: readonly string[] | undefined,
  currentShell: readonly string[],
): string {
  const isCurrent = shell === undefined || shell.join(' ') === currentShell.join(' ');
  if (isCurrent && isPlain(command)) return `RUN ${breakLines(command)}`;
  if (isCurrent && shell !== undefined && isScript(command)) return renderHeredoc(command);
  return `RUN ${quoteList([...(shell ?? ['/bin/sh', '-c']), command])}`;
}

/** Whether a Dockerfile's reader takes the text for nothing but a command: no line of its own, flag, list or heredoc. */
function isPlain(command: string): boolean {
  return !hasControl(command, '\t') && !/^(--|\[|#|$)|<<|\\$/.test(command);
}

/** Lines that were a heredoc in the Dockerfile: printable text of several lines. */
function isScript(command: string): boolean {
  return command.includes('\n') && !hasControl(command, '\t\n');
}

function hasControl(text: string, allowed: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const isControl =
      code <= LAST_CONTROL || (code >= 0x7f && code <= 0x9f) || (code >= 0xd800 && code <= 0xdfff);
    if (isControl && !allowed.includes(character)) return true;
  }
  return false;
}

function renderHeredoc(script: string): string {
  const lines = script.split('\n');
  let end = 'EOF';
  while (lines.some((line) => line.trim() === end)) end += '_';
  return [`RUN <<${end}`, ...lines, end].join('\n');
}

/**
 * Breaks a shell command where its Dockerfile probably did: before `&&` and `||`, and where several blanks are all that is
 * left of a line's end. Only blanks outside quotes become a break, so the shell sees the same words.
 */
function breakLines(command: string): string {
  if (command.length <= SHORT) return command;
  const lines: string[] = [];
  let line = '';
  for (const { word, before } of splitWords(command)) {
    const startsLine = word === '&&' || word === '||' || before.length > 1 || before.includes('\t');
    const isTooLong = line.length + word.length > LINE_WIDTH;
    if (line === '') line = word;
    // A line that began with # would be taken for a comment of the Dockerfile.
    else if ((startsLine || isTooLong) && !word.startsWith('#')) {
      lines.push(line);
      line = indentOf(word, before) + word;
    } else line += ` ${word}`;
  }
  return [...lines, line].join(' \\\n');
}

function indentOf(word: string, before: string): string {
  if (word === '&&' || word === '||') return INDENT;
  const tabs = before.split('\t').length - 1;
  return INDENT.repeat(tabs > 0 ? Math.min(tabs, DEEPEST) : 2);
}

interface Word {
  readonly word: string;
  /** The blanks before it. */
  readonly before: string;
}

/** The words between blanks that are not quoted, escaped or in a command substitution. */
function splitWords(command: string): readonly Word[] {
  const words: Word[] = [];
  let word = '';
  let before = '';
  const closers: string[] = [];
  for (let at = 0; at < command.length; at++) {
    const character = command[at] ?? '';
    if (closers.length === 0 && (character === ' ' || character === '\t')) {
      if (word !== '') {
        words.push({ word, before });
        before = '';
      }
      word = '';
      before += character;
      continue;
    }
    word += character;
    if (character === '\\' && closers.at(-1) !== "'") {
      at += 1;
      word += command[at] ?? '';
    } else trackQuotes(closers, character, command[at - 1]);
  }
  if (word !== '') words.push({ word, before });
  return words;
}

/** Keeps the stack of what ends each open quote and `$(`. */
function trackQuotes(closers: string[], character: string, previous: string | undefined): void {
  const top = closers.at(-1);
  if (character === top) closers.pop();
  else if (top === "'") return;
  else if (character === '(' && previous === '$') closers.push(')');
  else if (character === '"' || character === '`') closers.push(character);
  else if (character === "'" && top !== '"') closers.push(character);
}
