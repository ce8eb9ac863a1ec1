import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInRoot, readTextInRoot } from './open-in-root.ts';

const directory = hostPath(mkdtempSync(join(tmpdir(), 'pare-root-')));
const root = hostPath(join(directory, 'root'));
beforeAll(() => {
  writeFileSync(join(directory, 'secret'), 'outside');
  mkdirSync(join(root, 'etc/inner'), { recursive: true });
  writeFileSync(join(root, 'etc/passwd'), 'inside');
  writeFileSync(join(root, 'secret'), 'also inside');
  symlinkSync('/etc', join(root, 'absolute'));
  symlinkSync('../../../../../../secret', join(root, 'etc/up'));
  symlinkSync('loop', join(root, 'loop'));
  symlinkSync('../absolute/./inner/..', join(root, 'etc/around'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const read = (path: string) => {
  using opened = openInRoot(root, path);
  return readFileSync(opened.path, 'utf8');
};

describe('openInRoot', () => {
  it('follows links as if the directory were the root', () => {
    expect(read('absolute/passwd')).toBe('inside');
    expect(read('/etc/around/passwd')).toBe('inside');
    expect(read('..//../etc/./passwd')).toBe('inside');
  });

  it('never leaves the directory, whatever a link says', () => {
    expect(read('etc/up')).toBe('also inside');
    expect(read('../../secret')).toBe('also inside');
  });

  it('says what open says of what is not there and of a loop', () => {
    expect(() => openInRoot(root, 'nothing')).toThrowError(expect.objectContaining({ code: 'ENOENT' }));
    expect(() => openInRoot(root, 'etc/passwd/x')).toThrowError(expect.objectContaining({ code: 'ENOTDIR' }));
    expect(() => openInRoot(root, 'loop')).toThrowError(expect.objectContaining({ code: 'ELOOP' }));
  });
});

describe('readTextInRoot', () => {
  it('is empty where there is no regular file', () => {
    expect(['absolute/passwd', 'nothing', 'etc', 'loop'].map((path) => readTextInRoot(root, path))).toEqual([
      'inside',
      '',
      '',
      '',
    ]);
  });
});
