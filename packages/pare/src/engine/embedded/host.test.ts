import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findRuntime } from './host.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-host-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function install(name: 'runc' | 'crun', version: string): Promise<void> {
  const program = join(directory, name);
  await writeFile(program, `#!/bin/sh\necho "${name} version ${version}"\n`);
  await chmod(program, 0o755);
}

test.each([
  { crun: '1.8.1', runc: '1.1.5', taken: 'crun' },
  { crun: '1.14', runc: '1.1.5', taken: 'crun' },
  { crun: '2.0', runc: '1.1.5', taken: 'crun' },
  { crun: '1.7.2', runc: '1.1.5', taken: 'runc' },
  { crun: '0.17', runc: '1.1.5', taken: 'runc' },
  { crun: '0.17', taken: 'crun' },
  { crun: 'UNKNOWN', runc: '1.1.5', taken: 'runc' },
  { runc: '1.1.5', taken: 'runc' },
] as const)('of crun $crun and runc $runc takes $taken', async ({ taken, ...versions }) => {
  for (const [name, version] of Object.entries(versions)) await install(name as 'runc', version);
  expect(await findRuntime(directory, {})).toEqual({
    kind: taken,
    path: join(directory, taken),
    version: { runc: '1.1.5', crun: undefined, ...versions }[taken],
  });
});

test('takes the one that is asked for, and no other', async () => {
  await install('crun', '1.8.1');
  await install('runc', '1.1.5');
  expect((await findRuntime(directory, { PARE_RUNTIME: 'runc' })).kind).toBe('runc');
  await rm(join(directory, 'runc'));
  await expect(findRuntime(directory, { PARE_RUNTIME: 'runc' })).rejects.toMatchObject({ code: 'no-engine' });
});

test('says how to get one where there is none', async () => {
  await expect(findRuntime(directory, {})).rejects.toMatchObject({ code: 'no-engine' });
});
