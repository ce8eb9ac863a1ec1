import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCommandUse, findShellUse } from './shell-commands.ts';

const commandsOf = (script: string, variables: Record<string, string> = {}) =>
  findShellUse(script, new Map(Object.entries(variables))).commands;

test('finds the first word of each simple command', () => {
  expect(commandsOf('a one && b || c; d | e & f\ng "x y" \'z\'')).toEqual([
    'a',
    'b',
    'c',
    'd',
    'e',
    'f',
    'g',
  ]);
});

test('passes by keywords, assignments and redirections', () => {
  const script =
    'X=1 Y="2 3" a\nif ! b >/dev/null 2>&1; then c; elif d; then e; else f; fi\nwhile g; do h; done < file\n2>log i';
  expect(commandsOf(script)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i']);
});

test('finds commands in substitutions, subshells and double quotes', () => {
  expect(commandsOf('x="$(a "$(b)")"; (c; d) ; e `f g` "`h`"; i <(j) $((1 + 2))')).toEqual([
    'b',
    'a',
    'c',
    'd',
    'f',
    'h',
    'e',
    'j',
    'i',
  ]);
});

test('ignores comments, strings and here-documents', () => {
  expect(commandsOf("# a b\nc 'd; e' # f\ng <<EOF\nh; i\nEOF\nj <<-'X'\n\tk\n\tX\nl")).toEqual([
    'c',
    'g',
    'j',
    'l',
  ]);
});

test('follows case branches', () => {
  const script = 'case "$1" in\n  start|-s) a; b ;;\n  (stop)\n    c ;;\n  *) d\nesac\ne\ncase x in esac; f';
  expect(commandsOf(script)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

test('does not take functions and built-ins for programs', () => {
  expect(
    commandsOf(
      'log() { printf "%s" "$1"; a; }\nfunction other { b; }\nfunction third() { c; }\nthird; log x; cd /; test -f y; [ -f z ]; echo',
    ),
  ).toEqual(['a', 'b', 'c']);
});

test('looks through commands that run commands', () => {
  expect(commandsOf('exec gosu postgres nice -n 5 app --x')).toEqual(['gosu', 'nice', 'app']);
  expect(commandsOf('timeout -k 5 10 env -u A B=c curl x | xargs -n 1 rm -f')).toEqual([
    'timeout',
    'env',
    'curl',
    'xargs',
    'rm',
  ]);
  expect(
    commandsOf("sh -ec 'a; b' && su root -c 'c d'; find . -exec e {} \\;; trap 'f' EXIT; eval 'g h'"),
  ).toEqual(['sh', 'a', 'b', 'su', 'c', 'find', 'e', 'f', 'g']);
});

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: it is the shell's expansion
test('expands variables that it knows and leaves out those it does not', () => {
  expect(
    commandsOf('DAEMON=/usr/sbin/app\n"$DAEMON" -f; $UNKNOWN x; ${HOME_BIN}/tool; ${X:-fallback} y', {
      HOME_BIN: '/opt/bin',
    }),
  ).toEqual(['/usr/sbin/app', '/opt/bin/tool', 'fallback']);
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: it is the shell's expansion

test('tells the files that are sourced or named by an absolute path', () => {
  expect(
    findShellUse('. ./env.sh; source /etc/default/x\ncat /etc/motd --file=/etc/y > /var/log/z').paths,
  ).toEqual(['./env.sh', '/etc/default/x', '/etc/motd', '/etc/y']);
});

test('finds the script in the arguments of a command line', () => {
  expect(findCommandUse(['/bin/sh', '-c', 'exec node /app/server.js']).commands).toEqual(['/bin/sh', 'node']);
});

test.each(['"', "'", '$(', '`', '${', '<<', 'case x in', '((', '\\', 'a() {', '$((', '<(', 'x <<E\n'])(
  'ends on the unfinished %j',
  (script) => {
    expect(() => findShellUse(script)).not.toThrow();
  },
);

test('bounds nesting', () => {
  expect(() => findShellUse('$('.repeat(100_000))).not.toThrow();
  expect(() => findShellUse('"`'.repeat(10_000))).not.toThrow();
});

test('ends on any text', () => {
  const text = fc
    .array(
      fc.constantFrom(
        '$(',
        ')',
        '`',
        '"',
        "'",
        '{',
        '}',
        '((',
        '))',
        'case',
        'in',
        'esac',
        ';;',
        '\n',
        ' ',
        'a',
        '<<',
        '#',
        '\\',
        '$',
        '|',
        '>',
      ),
    )
    .map((parts) => parts.join(''));
  fc.assert(fc.property(text, (script) => findShellUse(script).commands.length >= 0));
});
