/** A word of a command after quotes and known variables; undefined where it cannot be known without running it. */
export type ShellWord = string | undefined;

/** A simple command (POSIX 2.9.1): its words without redirections. */
export interface SimpleCommand {
  readonly words: readonly ShellWord[];
}

export interface ScannedShell {
  /** In the order of their end, those of substitutions before the command that holds them. */
  readonly commands: readonly SimpleCommand[];
  /** Names of functions that the script defines. */
  readonly functions: ReadonlySet<string>;
}

interface Scanner {
  readonly text: string;
  at: number;
  depth: number;
  /** How many backquotes are open: they do not nest without backslashes, so a second one closes the first. */
  backquotes: number;
  readonly commands: SimpleCommand[];
  readonly functions: Set<string>;
  readonly variables: Map<string, string>;
  /** Here-documents whose bodies begin after the next newline. */
  readonly pending: { readonly delimiter: string; readonly stripTabs: boolean }[];
}

const nestingLimit = 50;

/**
 * Splits a shell script into its simple commands, those in substitutions and subshells included. Best effort: it
 * never fails, and what it cannot follow gives fewer words. `variables` are those known from outside.
 */
export function scanShell(text: string, variables: ReadonlyMap<string, string> = new Map()): ScannedShell {
  const scanner: Scanner = {
    text,
    at: 0,
    depth: 0,
    backquotes: 0,
    commands: [],
    functions: new Set(),
    variables: new Map(variables),
    pending: [],
  };
  while (scanner.at < text.length) {
    scanList(scanner, '');
    scanner.at++; // A stray closing bracket.
  }
  return { commands: scanner.commands, functions: scanner.functions };
}

/** Reads commands up to an unquoted `close` (or the end of the text) and leaves the position on it. */
function scanList(scanner: Scanner, close: ')' | '`' | ''): void {
  const { text } = scanner;
  let words: ShellWord[] = [];
  let caseDepth = 0;
  const finish = (): void => {
    const assigned = words.length > 0 && words.every((word) => word === undefined || /^\w+=/.test(word));
    if (assigned) for (const word of words) assign(scanner, word);
    if (words.length > 0) scanner.commands.push({ words });
    words = [];
  };
  while (scanner.at < text.length) {
    const char = text[scanner.at] as string;
    if (close === '`' && char === '`') break;
    if (char === ' ' || char === '\t' || char === '\r') {
      scanner.at++;
    } else if (char === '#') {
      skipLine(scanner);
    } else if (char === '\n' || char === ';' || char === '&' || char === '|') {
      const isCase = words[0] === 'case' && words.at(-1) === 'in';
      const ends = text.startsWith(';;', scanner.at) || text.startsWith(';&', scanner.at);
      finish();
      scanner.at++;
      if (char === '\n') skipHereDocuments(scanner);
      if (isCase) caseDepth++;
      if (ends) scanner.at++;
      if (isCase || (ends && caseDepth > 0)) caseDepth -= skipCasePattern(scanner) ? 0 : 1;
    } else if (char === '(') {
      scanner.at++;
      const name = words[0] === 'function' ? words[1] : words[0];
      if (
        words.length === (words[0] === 'function' ? 2 : 1) &&
        name !== undefined &&
        /^\s*\)/.test(text.slice(scanner.at, scanner.at + 16))
      ) {
        scanner.functions.add(name);
        scanner.at = text.indexOf(')', scanner.at) + 1;
        words = [];
      } else if (text[scanner.at] === '(' && words.length === 0) {
        skipArithmetic(scanner);
      } else {
        finish();
        nested(scanner, ')');
      }
    } else if (char === ')') {
      if (close === ')') break;
      finish();
      scanner.at++;
    } else if (char === '<' || char === '>') {
      scanRedirection(scanner);
    } else {
      const word = scanWord(scanner);
      // `2>file`: a descriptor's number is no word.
      if (word !== undefined && /^\d$/.test(word) && /[<>]/.test(text[scanner.at] ?? '')) continue;
      if (words.length === 0 && word === 'esac' && caseDepth > 0) caseDepth--;
      if (word === 'in' && words[0] === 'case') {
        words.push(word);
        finish();
        caseDepth++;
        if (!skipCasePattern(scanner)) caseDepth--;
        continue;
      }
      if (word === '{' && words.length === 2 && words[0] === 'function') {
        if (words[1] !== undefined) scanner.functions.add(words[1]);
        words = [];
        continue;
      }
      words.push(word);
    }
  }
  finish();
}

function assign(scanner: Scanner, word: ShellWord): void {
  const equals = word?.indexOf('=') ?? -1;
  if (word === undefined || equals < 0) return;
  const name = word.slice(0, equals);
  // With several values in one script it is not known which one counts: the first, a default as a rule, stays.
  if (!scanner.variables.has(name)) scanner.variables.set(name, word.slice(equals + 1));
}

function nested(scanner: Scanner, close: ')' | '`'): void {
  if (scanner.depth >= nestingLimit) {
    scanner.at = scanner.text.length;
    return;
  }
  scanner.depth++;
  if (close === '`') scanner.backquotes++;
  scanList(scanner, close);
  if (close === '`') scanner.backquotes--;
  scanner.depth--;
  scanner.at++;
}

function skipLine(scanner: Scanner): void {
  const end = scanner.text.indexOf('\n', scanner.at);
  scanner.at = end < 0 ? scanner.text.length : end;
}

function skipHereDocuments(scanner: Scanner): void {
  for (const { delimiter, stripTabs } of scanner.pending.splice(0)) {
    while (scanner.at < scanner.text.length) {
      const start = scanner.at;
      skipLine(scanner);
      const line = scanner.text.slice(start, scanner.at);
      scanner.at++;
      if ((stripTabs ? line.replace(/^\t+/, '') : line) === delimiter) break;
    }
  }
}

function skipArithmetic(scanner: Scanner): void {
  const end = scanner.text.indexOf('))', scanner.at);
  scanner.at = end < 0 ? scanner.text.length : end + 2;
}

/** Skips `pattern)` of a case; false when `esac` ends it. */
function skipCasePattern(scanner: Scanner): boolean {
  const { text } = scanner;
  while (scanner.at < text.length && /[\s(]/.test(text[scanner.at] as string)) scanner.at++;
  while (text[scanner.at] === '#') {
    skipLine(scanner);
    while (scanner.at < text.length && /[\s(]/.test(text[scanner.at] as string)) scanner.at++;
  }
  if (/^esac\b/.test(text.slice(scanner.at, scanner.at + 5))) {
    scanner.at += 4;
    return false;
  }
  while (scanner.at < text.length && text[scanner.at] !== ')') {
    if (/[\s|]/.test(text[scanner.at] as string)) scanner.at++;
    else scanWord(scanner);
    if (text[scanner.at] === '(' || /[<>;&]/.test(text[scanner.at] ?? '')) scanner.at++;
  }
  scanner.at++;
  return true;
}

function scanRedirection(scanner: Scanner): void {
  const { text } = scanner;
  const operator =
    /^(?:<<<|<<-?|[<>]\(|[<>]&|>>|>\||<>|[<>])/.exec(text.slice(scanner.at, scanner.at + 3))?.[0] ?? '<';
  scanner.at += operator.length;
  if (operator.endsWith('(')) {
    nested(scanner, ')');
    return;
  }
  while (text[scanner.at] === ' ' || text[scanner.at] === '\t') scanner.at++;
  if (/[\n;&|<>()]/.test(text[scanner.at] ?? '\n')) return;
  const target = scanWord(scanner);
  if (operator === '<<' || operator === '<<-') {
    if (target !== undefined) scanner.pending.push({ delimiter: target, stripTabs: operator === '<<-' });
  }
}

/** Reads one word; always moves on. */
function scanWord(scanner: Scanner): ShellWord {
  const { text } = scanner;
  let word: ShellWord = '';
  const add = (part: ShellWord): void => {
    word = word === undefined || part === undefined ? undefined : word + part;
  };
  const start = scanner.at;
  while (scanner.at < text.length) {
    const char = text[scanner.at] as string;
    if (/[\s;&|<>()]/.test(char)) break;
    if (char === "'") {
      add(scanSingleQuotes(scanner));
    } else if (char === '"') {
      add(scanDoubleQuotes(scanner));
    } else if (char === '\\') {
      // An escaped newline joins two lines.
      if (text[scanner.at + 1] !== '\n') add(text[scanner.at + 1] ?? '');
      scanner.at += 2;
    } else if (char === '$') {
      add(scanExpansion(scanner));
    } else if (char === '`') {
      if (scanner.backquotes > 0) break;
      scanner.at++;
      nested(scanner, '`');
      add(undefined);
    } else {
      add(char);
      scanner.at++;
    }
  }
  if (scanner.at === start) scanner.at++;
  return word;
}

function scanSingleQuotes(scanner: Scanner): string {
  const end = scanner.text.indexOf("'", scanner.at + 1);
  const close = end < 0 ? scanner.text.length : end;
  const content = scanner.text.slice(scanner.at + 1, close);
  scanner.at = close + 1;
  return content;
}

function scanDoubleQuotes(scanner: Scanner): ShellWord {
  const { text } = scanner;
  let word: ShellWord = '';
  const add = (part: ShellWord): void => {
    word = word === undefined || part === undefined ? undefined : word + part;
  };
  scanner.at++;
  while (scanner.at < text.length && text[scanner.at] !== '"') {
    const char = text[scanner.at] as string;
    if (char === '\\') {
      const next = text[scanner.at + 1] ?? '';
      if (next !== '\n') add('"\\$`'.includes(next) ? next : `\\${next}`);
      scanner.at += 2;
    } else if (char === '$') {
      add(scanExpansion(scanner));
    } else if (char === '`') {
      scanner.at++;
      nested(scanner, '`');
      add(undefined);
    } else {
      add(char);
      scanner.at++;
    }
  }
  scanner.at++;
  return word;
}

function scanExpansion(scanner: Scanner): ShellWord {
  const { text } = scanner;
  const next = text[scanner.at + 1] ?? '';
  if (next === '(') {
    scanner.at += 2;
    if (text[scanner.at] === '(') skipArithmetic(scanner);
    else nested(scanner, ')');
    return undefined;
  }
  if (next === '{') return scanBraces(scanner);
  const name = /^\w+/.exec(text.slice(scanner.at + 1, scanner.at + 65))?.[0];
  scanner.at++;
  if (name === undefined) {
    if (!/["'\s]|^$/.test(next)) scanner.at++;
    return next === "'" || next === '"' ? '' : undefined;
  }
  // `$12` is `$1` and a 2.
  scanner.at += /^\d/.test(name) ? 1 : name.length;
  return scanner.variables.get(name);
}

/** `${name}`, `${name:-default}` and their like; of the other forms only the substitutions in them count. */
function scanBraces(scanner: Scanner): ShellWord {
  const { text } = scanner;
  const start = scanner.at + 2;
  scanner.at = start;
  while (scanner.at < text.length && text[scanner.at] !== '}') {
    const char = text[scanner.at];
    if (char === '$' && text[scanner.at + 1] !== '$') scanExpansion(scanner);
    else if (char === '"' && text.indexOf('"', scanner.at + 1) > 0) scanDoubleQuotes(scanner);
    else scanner.at += char === '\\' ? 2 : 1;
  }
  const inside = text.slice(start, scanner.at);
  scanner.at++;
  const match = /^(\w+)(?::?[-=]([^$`"'{}]*))?$/.exec(inside);
  return match?.[1] === undefined ? undefined : (scanner.variables.get(match[1]) ?? match[2]);
}
