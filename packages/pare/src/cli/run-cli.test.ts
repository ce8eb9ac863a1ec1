import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { pareVersion } from '../model/version.ts';
import { runCli } from './run-cli.ts';

async function run(...args: readonly string[]) {
  const said = { stdout: '', stderr: '' };
  const streamOf = (name: keyof typeof said) =>
    new PassThrough({ encoding: 'utf8' }).on('data', (text: string) => {
      said[name] += text;
    });
  const host = Object.create(process, {
    stdout: { value: streamOf('stdout') },
    stderr: { value: streamOf('stderr') },
  }) as NodeJS.Process;
  const exitCode = await runCli(['node', 'pare', ...args], host);
  return { exitCode, ...said };
}

const names = [
  ...['build', 'observe', 'merge', 'verify', 'watch', 'why', 'info', 'init', 'images'],
  ...['pull', 'push', 'load', 'save', 'tag', 'rmi', 'gc'],
];

it.each([['--help'], ['help'], ['--engine', 'docker', '--help']])(
  'lists every command: %s %s',
  async (...args) => {
    const { exitCode, stdout } = await run(...args.filter((one) => one !== undefined));
    expect(exitCode).toBe(0);
    const listed = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    expect(listed.filter((name) => name !== 'pare')).toEqual([...names, 'help']);
  },
);

it.each(names)('tells the options of %s, and knows it behind global options', async (name) => {
  for (const args of [
    [name, '--help'],
    ['help', name],
    ['--context', 'gc', '--json', name, '--help'],
  ]) {
    const { exitCode, stdout } = await run(...args);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: pare ${name} `);
  }
});

it('names the nearest command for one that is none', async () => {
  const { exitCode, stderr } = await run('buidl', 'my/app');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('Did you mean build?');
});

it('tells its version before anything else', async () => {
  expect(await run('--version')).toMatchObject({ exitCode: 0, stdout: `${pareVersion}\n` });
});
