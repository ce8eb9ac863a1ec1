import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

const usage = {
  text: 'usage: script [--rounds N] [--fast] [NAME…]\n',
  options: { rounds: { type: 'string', default: '3' }, fast: { type: 'boolean', default: false } },
  names: ['one', 'two'],
} as const;

describe('the command line of a script', () => {
  it('has its options with their defaults, and names', () => {
    expect(parseCommandLine([], usage)).toMatchObject({
      kind: 'run',
      values: { rounds: '3', fast: false },
      names: [],
    });
    expect(parseCommandLine(['two', '--rounds', '5', 'one', '--fast'], usage)).toMatchObject({
      values: { rounds: '5', fast: true },
      names: ['two', 'one'],
    });
  });

  it.each(['--help', '-h'])('asks for help by %s, whatever else is said', (word) => {
    expect(parseCommandLine(['three', word], usage)).toEqual({ kind: 'help' });
  });

  it.each([
    [['three'], 'three is none of one, two'],
    [['one', '--slow'], '--slow'],
    [['--rounds'], '--rounds'],
  ])('is refused with the reason: %j', (words, why) => {
    expect(parseCommandLine(words, usage)).toEqual({
      kind: 'refused',
      why: expect.stringContaining(why),
    });
  });

  it('is refused where a script takes no names, and has any where they are not known', () => {
    expect(parseCommandLine(['one'], { ...usage, names: [] }).kind).toBe('refused');
    expect(parseCommandLine(['any'], { ...usage, names: undefined })).toMatchObject({ names: ['any'] });
  });
});

/** Runs a script of this repository, which must not begin with its work. */
async function runScript(path: string, ...words: readonly string[]) {
  const file = join(import.meta.dirname, '..', path);
  const [program, ...args] = path.endsWith('.ts') ? [process.execPath, file] : ['/bin/sh', file];
  const child = spawn(program ?? '', [...args, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    said.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    said.stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, ...said };
}

describe.each([
  ['bench/build.ts', 'nginx'],
  ['bench/engines.ts', 'nginx'],
  ['bench/sensor.ts', '22k stats'],
  ['samples/build', 'nginx'],
  ['samples/run-full-test.ts', 'nginx'],
  ['samples/compare-metadata.ts', 'FAT SLIM'],
  ['bin/test', '--fast'],
  ['test/corpus/run.ts', 'nginx'],
  ['test/corpus/build.ts', 'nginx'],
  ['test/cgroup-v2/run.ts', 'eight minutes'],
])('%s', { timeout: 60_000 }, (path, names) => {
  it('says how it is used, and refuses what it does not know with the list of what it does', async () => {
    const strange = path === 'samples/compare-metadata.ts' ? ['only-one'] : ['no-such', 'image'];
    const [help, refused] = await Promise.all([runScript(path, '--help'), runScript(path, ...strange)]);
    expect(help).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(path) });
    expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(names) });
  });
});
