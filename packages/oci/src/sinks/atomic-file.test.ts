import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileAtomically, writeNewFile } from './atomic-file.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-atomic-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('begun');
  throw new Error('the source broke');
}

test('a file whose source breaks stays as it was, with nothing beside it, and the reason is told', async () => {
  const path = join(directory, 'file');
  await writeFile(path, 'before');
  await expect(writeFileAtomically(path, breaking())).rejects.toThrow('the source broke');
  expect(await readFile(path, 'utf8')).toBe('before');
  expect(await readdir(directory)).toEqual(['file']);
});

test('a new file is not written over one that is there', async () => {
  const path = join(directory, 'file');
  await writeFile(path, 'before');
  await expect(writeNewFile(path, breaking())).rejects.toMatchObject({ code: 'EEXIST' });
  expect(await readFile(path, 'utf8')).toBe('before');
});
