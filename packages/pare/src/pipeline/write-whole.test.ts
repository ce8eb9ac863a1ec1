import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkWritable, writeWhole } from './write-whole.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-write-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));
const at = (name: string) => join(directory, name);

describe('a file that is written whole', () => {
  test('replaces what was there, also behind a link, and leaves nothing beside it', async () => {
    await writeFile(at('real'), 'old');
    await symlink('real', at('link'));
    await checkWritable(at('link'));
    expect(await readFile(at('real'), 'utf8')).toBe('old');
    await writeWhole(at('link'), 'new');
    expect(await readFile(at('real'), 'utf8')).toBe('new');
    expect((await lstat(at('link'))).isSymbolicLink()).toBe(true);
    expect((await readdir(directory)).sort()).toEqual(['link', 'real']);
  });

  test('may be of no parts, or of more than the system takes at once', async () => {
    const parts = Array.from({ length: 3000 }, (_, index) =>
      index % 2 === 0 ? `é${index}\n` : Buffer.from('b'),
    );
    await writeWhole(at('many'), parts);
    expect(await readFile(at('many'), 'utf8')).toBe(parts.join(''));
    await writeWhole(at('many'), []);
    expect(await readFile(at('many'), 'utf8')).toBe('');
    await writeWhole(at('many'), '');
    expect(await readdir(directory)).toEqual(['many']);
  });

  test('goes into a device as it is: that is never replaced', async () => {
    await symlink('/dev/null', at('null'));
    await checkWritable(at('null'));
    await writeWhole(at('null'), 'text');
    expect((await lstat(at('null'))).isSymbolicLink()).toBe(true);
    expect(await readdir(directory)).toEqual(['null']);
  });

  test.each([
    ['gone/file', 'its directory is not there'],
    ['directory', 'it is a directory'],
    ['file/below', 'ENOTDIR'],
  ])('is refused by name at %s, before and after the work', async (name, why) => {
    await mkdir(at('directory'));
    await writeFile(at('file'), '');
    for (const attempt of [checkWritable(at(name)), writeWhole(at(name), 'text')]) {
      await expect(attempt).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(`${at(name)} cannot be written: `),
      });
      await expect(attempt).rejects.toThrow(why);
    }
    expect((await readdir(directory)).sort()).toEqual(['directory', 'file']);
  });
});
