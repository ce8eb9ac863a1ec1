import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkArtifacts } from './artifacts-place.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-artifacts-'));
  await writeFile(join(directory, 'file'), '');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('a place for artifacts', () => {
  test.each(['', 'new', 'new/below'])('may be there or not: %j; nothing is made yet', async (name) => {
    await checkArtifacts({ kind: 'directory', path: join(directory, name) }, 'my/app');
    expect(await readdir(directory)).toEqual(['file']);
  });

  test.each(['file', 'file/below/it'])('is refused before the work at %s', async (name) => {
    const path = join(directory, name);
    await expect(checkArtifacts({ kind: 'directory', path }, 'my/app')).rejects.toMatchObject({
      code: 'usage',
      message: `the artifacts cannot be written to ${path}: ${join(directory, 'file')} is no directory`,
    });
    await checkArtifacts({ kind: 'none' }, 'my/app');
  });
});
