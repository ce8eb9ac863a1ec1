import { type ShellWord, type SimpleCommand, scanShell } from './shell-words.ts';

/** What a shell script starts and reads, as far as its text says. */
export interface ShellUse {
  /** Names or paths of programs, in order of appearance, each once. */
  readonly commands: readonly string[];
  /** Words that are absolute paths, and the arguments of `.` and `source`. */
  readonly paths: readonly string[];
}

/** Words before a command that are no command themselves. */
const leading = new Set([
  'then',
  'do',
  'else',
  'elif',
  'if',
  'while',
  'until',
  '!',
  '{',
  '}',
  'fi',
  'done',
  'esac',
  'time',
  'coproc',
]);
/** Words that begin something that is no simple command. */
const compound = new Set(['for', 'select', 'case', 'function', '[[', '((']);

/** POSIX's and bash's built-ins that no program stands for in practice. */
const builtins = new Set(
  (
    '. : [ alias bg break builtin cd command continue declare dirs disown echo enable eval exec exit export false fc fg getopts ' +
    'hash help history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly return set shift shopt ' +
    'source suspend test times trap true type typeset ulimit umask unalias unset wait'
  ).split(' '),
);

/** Programs that run the command in their arguments: options that take a value, and words before the command. */
const wrappers = new Map<string, { readonly values: readonly string[]; readonly before: number }>([
  ['builtin', { values: [], before: 0 }],
  [
    'chpst',
    { values: ['-u', '-U', '-e', '-/', '-n', '-l', '-L', '-m', '-o', '-d', '-p', '-f', '-c'], before: 0 },
  ],
  ['chroot', { values: [], before: 1 }],
  ['command', { values: [], before: 0 }],
  ['dumb-init', { values: ['-r', '--rewrite'], before: 0 }],
  ['env', { values: ['-u', '-C', '--unset', '--chdir'], before: 0 }],
  ['exec', { values: ['-a'], before: 0 }],
  ['flock', { values: ['-w', '-E', '--timeout'], before: 1 }],
  ['gosu', { values: [], before: 1 }],
  ['ionice', { values: ['-c', '-n', '-p'], before: 0 }],
  ['nice', { values: ['-n'], before: 0 }],
  ['nohup', { values: [], before: 0 }],
  ['runuser', { values: ['-u', '-g', '-G'], before: 0 }],
  ['s6-setuidgid', { values: [], before: 1 }],
  [
    'setpriv',
    {
      values: ['--reuid', '--regid', '--groups', '--inh-caps', '--bounding-set', '--ambient-caps'],
      before: 0,
    },
  ],
  ['setsid', { values: [], before: 0 }],
  ['setuidgid', { values: [], before: 1 }],
  ['stdbuf', { values: ['-i', '-o', '-e'], before: 0 }],
  ['strace', { values: ['-e', '-o', '-s', '-p'], before: 0 }],
  ['su-exec', { values: [], before: 1 }],
  ['sudo', { values: ['-u', '-g', '-h', '-p', '-C', '-r', '-t', '-U'], before: 0 }],
  ['timeout', { values: ['-k', '-s', '--signal', '--kill-after'], before: 1 }],
  ['tini', { values: ['-p', '-e'], before: 0 }],
  ['unshare', { values: ['-S', '-G', '-R', '-w'], before: 0 }],
  ['xargs', { values: ['-n', '-I', '-P', '-L', '-d', '-s', '-E', '-a'], before: 0 }],
]);

const shells = /(?:^|\/)(?:ba|da|a|k|z|mk)?sh$/;
const nestingLimit = 8;

/** Finds what a script's text starts. `variables` are known from outside (the image's environment). */
export function findShellUse(
  text: string,
  variables: ReadonlyMap<string, string> = new Map(),
  depth = 0,
): ShellUse {
  const { commands, functions } = scanShell(text, variables);
  const use = { commands: new Set<string>(), paths: new Set<string>() };
  for (const command of commands) addCommand(command, functions, variables, use, depth);
  return { commands: [...use.commands], paths: [...use.paths] };
}

/** What one command line starts: its program, the programs that it wraps, the scripts in its arguments. */
export function findCommandUse(
  words: readonly string[],
  variables: ReadonlyMap<string, string> = new Map(),
): ShellUse {
  const use = { commands: new Set<string>(), paths: new Set<string>() };
  addCommand({ words }, new Set(), variables, use, 0);
  return { commands: [...use.commands], paths: [...use.paths] };
}

interface Use {
  readonly commands: Set<string>;
  readonly paths: Set<string>;
}

function addCommand(
  { words }: SimpleCommand,
  functions: ReadonlySet<string>,
  variables: ReadonlyMap<string, string>,
  use: Use,
  depth: number,
): void {
  let at = 0;
  while (at < words.length && (leading.has(words[at] ?? '') || /^\w+\+?=/.test(words[at] ?? ''))) at++;
  for (const word of words) {
    // `--config=/etc/x` and `NAME=/etc/x` name a path too.
    const path = /^(?:[-\w]+=)?(\/[^:*?]+)$/.exec(word ?? '')?.[1];
    if (path !== undefined) use.paths.add(path);
  }
  const command = words[at];
  if (command === undefined || compound.has(command)) return;
  const rest = words.slice(at + 1);
  const nested = (script: ShellWord): void => {
    if (script === undefined || depth >= nestingLimit) return;
    const inner = findShellUse(script, variables, depth + 1);
    for (const name of inner.commands) use.commands.add(name);
    for (const path of inner.paths) use.paths.add(path);
  };
  if (command === '.' || command === 'source') {
    if (rest[0] !== undefined) use.paths.add(rest[0]);
    return;
  }
  if (command === 'eval') nested(rest.every((word) => word !== undefined) ? rest.join(' ') : undefined);
  if (command === 'trap') nested(rest[0]);
  if (!builtins.has(command) && !functions.has(command) && command !== '' && !command.includes('='))
    use.commands.add(command);
  const flag = rest.findIndex((word) => word !== undefined && /^-[a-z]*c$/.test(word));
  if (flag >= 0 && (shells.test(command) || /(?:^|\/)su$/.test(command))) nested(rest[flag + 1]);
  for (const [index, word] of rest.entries()) {
    if (!/(?:^|\/)find$/.test(command) || !/^-(?:exec|execdir|ok)$/.test(word ?? '')) continue;
    addCommand({ words: rest.slice(index + 1) }, functions, variables, use, depth);
  }
  const wrapper = wrappers.get(command.slice(command.lastIndexOf('/') + 1));
  if (wrapper !== undefined)
    addCommand({ words: skipOptions(rest, wrapper) }, functions, variables, use, depth);
}

function skipOptions(
  words: readonly ShellWord[],
  wrapper: { readonly values: readonly string[]; readonly before: number },
): readonly ShellWord[] {
  let before = wrapper.before;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === '--') continue;
    if (word?.startsWith('-') === true) {
      if (wrapper.values.includes(word)) at++;
    } else if (word === undefined || !/^\w+=/.test(word)) {
      if (before === 0) return words.slice(at);
      before--;
    }
  }
  return [];
}
