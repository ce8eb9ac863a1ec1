import { spawnSync } from 'node:child_process';
import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apparmorProfile } from '../../packages/pare/src/harden/apparmor.ts';
import { renderPath } from '../../packages/pare/src/harden/apparmor-path.ts';
import { runToEnd } from '../../packages/pare/src/model/event-loop-turn.ts';
import type { FileUse } from '../../packages/pare/src/model/observation.ts';

/** Compiles without a kernel: `apparmor_parser` of Debian's package `apparmor`. */
function compile(text: string, options: readonly string[] = []) {
  const { status, stdout, stderr, error } = spawnSync(
    'apparmor_parser',
    ['--skip-kernel-load', '--skip-cache', ...options],
    {
      input: text,
      encoding: 'latin1',
      maxBuffer: 1 << 26,
    },
  );
  if (error !== undefined) throw error;
  return { status, output: stdout + stderr };
}

/** The bytes that lead to acceptance when the compiled matcher knows exactly one word; undefined when it knows more. */
function onlyWord(path: string): string | undefined {
  const { status, output } = compile(`profile t {\n  ${renderPath(path)} r,\n}\n`, ['-D', 'dfa-states']);
  expect(status, output).toBe(0);
  // A transition: the byte as text, its code, the state that it leads to.
  const steps = [...output.matchAll(/ 0x([0-9a-f]{1,2}) -> \{(\d+)\}/g)].map(([, byte, state]) => ({
    byte: Number.parseInt(byte ?? '', 16),
    state: Number(state),
  }));
  const states = steps.map(({ state }) => state);
  if (new Set(states).size !== states.length) return undefined;
  return Buffer.from(steps.map(({ byte }) => byte)).toString('latin1');
}

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        '\\',
        '\n',
        '*',
        '**',
        '?',
        '{',
        '}',
        '[',
        ']',
        '^',
        '@{HOME}',
        ',',
        ' ',
        '#',
        '$',
        '\\052',
        '\r',
        '\u007f',
        '\udcff',
        'é',
        '=',
        '(',
        '|',
      ),
      fc.constantFrom('a', 'b'),
    ),
    { minLength: 1, maxLength: 8 },
  )
  .map((parts) => `/${parts.join('')}`);

test('a path in a rule matches exactly that path, whatever its name', () => {
  fc.assert(
    fc.property(hostile, (path) => {
      const bytes = Buffer.concat(
        Array.from(path, (one) =>
          /[\udc80-\udcff]/.test(one) ? Buffer.of(one.charCodeAt(0) - 0xdc00) : Buffer.from(one),
        ),
      );
      expect(onlyWord(path)).toBe(bytes.toString('latin1'));
    }),
    { numRuns: 60 },
  );
});

test('the parser accepts a whole profile with hostile names', () => {
  fc.assert(
    fc.property(fc.array(hostile), (paths) => {
      const files = paths.map(
        (path): FileUse => ({
          path: path as ImagePath,
          accesses: ['read', 'execute', 'create', 'list'],
          existed: true,
          process: 0,
          phase: 'serving',
          probe: undefined,
        }),
      );
      const work = apparmorProfile({
        name: 'pare-test',
        observation: {
          files,
          processes: [],
          syscalls: [{ arch: 'x86_64', name: 'ptrace', phase: 'serving' }],
          sockets: [{ operation: 'bind', family: 'inet', address: '0.0.0.0:80', port: 80, process: 0 }],
        },
        plan: { kept: [] },
        tree: memoryTree({}),
        capabilities: ['CHOWN', 'DAC_OVERRIDE', 'NET_BIND_SERVICE'],
        widened: false,
      });
      const { status, output } = compile(runToEnd(work));
      expect(status, output).toBe(0);
    }),
    { numRuns: 20 },
  );
});
