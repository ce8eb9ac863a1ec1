import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isDeadRunOfThisMachine, listRuns, openRun } from './run-context.ts';

let scratch: string;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'pare-run-context-'));
  vi.stubEnv('TMPDIR', scratch);
  vi.stubEnv('XDG_CACHE_HOME', join(scratch, 'cache'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(scratch, { recursive: true, force: true });
});

test('a live run is listed as alive, with the images it stored, and leaves nothing when it ends', async () => {
  const run = await openRun();
  await run.recordImage('sha256:aa', 'storing', 'docker');
  await run.recordImage('sha256:bb', 'storing', 'docker');
  await run.recordImage('sha256:aa', 'stored', 'docker');
  expect(await listRuns()).toEqual([
    {
      runId: run.runId,
      directory: run.directory,
      alive: true,
      images: [
        { id: 'sha256:aa', state: 'stored', engine: 'docker', atMs: expect.any(Number) },
        { id: 'sha256:bb', state: 'storing', engine: 'docker', atMs: expect.any(Number) },
      ],
      drafts: [],
    },
  ]);
  await run[Symbol.asyncDispose]();
  await expect(access(run.directory)).rejects.toThrow('ENOENT');
  expect(await listRuns()).toEqual([]);
});

test('a run whose process ID now belongs to another process is dead', async () => {
  await using run = await openRun();
  const other = join(dirname(run.directory), 'machine.1.00000000');
  await mkdir(other);
  await writeFile(join(other, 'owner.json'), JSON.stringify({ pid: process.pid, started: '1' }));
  const dead = (await listRuns()).filter((left) => !left.alive);
  expect(dead.map((left) => left.directory)).toEqual([other]);
});

test('a directory killed before it was signed is dead', async () => {
  await using run = await openRun();
  await mkdir(join(dirname(run.directory), 'machine.2.00000000'));
  expect((await listRuns()).filter((left) => !left.alive)).toHaveLength(1);
});

test('a directory that its run is about to sign is not taken from it', async () => {
  await using run = await openRun();
  for (const unsigned of [undefined, '']) {
    await rm(join(run.directory, 'owner.json'));
    if (unsigned !== undefined) await writeFile(join(run.directory, 'owner.json'), unsigned);
    expect(await listRuns()).toMatchObject([{ runId: run.runId, alive: true }]);
    await writeFile(join(run.directory, 'owner.json'), '');
  }
});

test('tells the dead runs of this machine from live ones and from those of others', async () => {
  await using run = await openRun();
  const [machine] = run.runId.split('.');
  expect(isDeadRunOfThisMachine(run.runId)).toBe(false);
  expect(isDeadRunOfThisMachine(`${machine}.4194305.00000000`)).toBe(true);
  expect(isDeadRunOfThisMachine('elsewhere.4194305.00000000')).toBe(false);
});

test('refuses a directory that is not one of its own', async () => {
  await writeFile(join(scratch, `pare-${process.getuid?.() ?? 'user'}`), 'somebody was here first');
  await expect(openRun()).rejects.toThrow();
});
