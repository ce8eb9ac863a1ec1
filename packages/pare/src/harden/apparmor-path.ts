/** Bytes that are not UTF-8 are lone surrogates in an image path. */
const ESCAPE_BASE = 0xdc00;
const FIRST_ESCAPED_BYTE = 0xdc80;
const LAST_ESCAPED_BYTE = 0xdcff;

/** Paths of these characters alone need no quotes: none has a meaning in globs or variables (apparmor.d(5), "Globbing"). */
const PLAIN = /^[\w/.:=+~%-]+$/;

/** What a rule's path matches: the path alone, the directory of that name, or everything below it at any depth. */
export type PathExtent = 'file' | 'directory' | 'below';

const suffixes: Readonly<Record<PathExtent, string>> = { file: '', directory: '/', below: '/**' };

/**
 * A path as AppArmor's rules write it, matching literally this path (a directory has a slash at its end, apparmor.d(5)). Where
 * quotes are needed, all but such plain characters and spaces are written in octal, which the parser takes literally also for
 * glob characters: a hostile name can neither end the string nor begin a line of its own.
 */
export function renderPath(path: string, extent: PathExtent = 'file'): string {
  const suffix = path === '/' ? suffixes[extent].slice(1) : suffixes[extent];
  const process = PROCESS_PATH.exec(path);
  const prefix = process === null ? '' : `/proc/[0-9]*${process[2] === undefined ? '' : '/task/[0-9]*'}`;
  const rest = process === null ? path : (process[3] ?? '');
  return PLAIN.test(path) ? `${prefix}${rest}${suffix}` : `"${prefix}${escapePath(rest)}${suffix}"`;
}

/** A process or a thread of /proc: its number is another one in the next run. */
const PROCESS_PATH = /^\/proc\/(\d+|self|thread-self)(\/task\/\d+)?(\/.*)?$/s;

function escapePath(path: string): string {
  let text = '';
  for (const character of path) text += escapeCharacter(character);
  return text;
}

function escapeCharacter(character: string): string {
  if (character === ' ' || PLAIN.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code >= FIRST_ESCAPED_BYTE && code <= LAST_ESCAPED_BYTE) return octal(code - ESCAPE_BASE);
  return Array.from(Buffer.from(character, 'utf8'), octal).join('');
}

function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}
