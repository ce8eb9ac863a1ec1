import { appendFile, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { fileAppears } from './await-start.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-await-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('waits for the content of a file that is opened first and written then', async () => {
  const appeared = fileAppears(hostPath(directory), 'pid', new Promise<void>(() => {}));
  await writeFile(join(directory, 'pid'), '');
  const early = await Promise.race([appeared, new Promise((resolve) => setImmediate(resolve, 'waits'))]);
  expect(early).toBe('waits');
  await appendFile(join(directory, 'pid'), '42');
  expect(await appeared).toBe(true);
});

it('sees one that comes by a rename, and tells that what would make it has ended', async () => {
  const never = new Promise<void>(() => {});
  const appeared = fileAppears(hostPath(directory), 'pid', never);
  await writeFile(join(directory, 'draft'), '42');
  await rename(join(directory, 'draft'), join(directory, 'pid'));
  expect(await appeared).toBe(true);
  await writeFile(join(directory, 'other'), '');
  expect(await fileAppears(hostPath(directory), 'other', Promise.resolve())).toBe(false);
});
