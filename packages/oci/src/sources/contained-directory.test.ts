import { closeSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostPath } from '../model/path.ts';
import { at } from '../testing/memory-layer.ts';
import { containedDirectory } from './contained-directory.ts';

let root = '';
let outside = '';
beforeAll(() => {
  const base = mkdtempSync(join(tmpdir(), 'pare-contained-'));
  root = join(base, 'diff');
  outside = join(base, 'outside');
  mkdirSync(join(root, 'usr/lib'), { recursive: true });
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret of the host');
  writeFileSync(join(root, 'usr/lib/a'), 'a');
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from('caf\xe9', 'latin1')]), 'latin');
  symlinkSync('usr/lib', join(root, 'relative'));
  symlinkSync('/usr/lib', join(root, 'absolute'));
  symlinkSync(outside, join(root, 'escape'));
  symlinkSync('../../outside', join(root, 'climb'));
  symlinkSync(join(outside, 'secret'), join(root, 'usr/secret'));
  symlinkSync('loop', join(root, 'loop'));
});
afterAll(() => rmSync(join(root, '..'), { recursive: true, force: true }));

const read = (path: string): string => {
  const descriptor = containedDirectory(hostPath(root)).openFile(at(path));
  try {
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
};

it('opens files, also those whose names are no UTF-8', () => {
  expect(read('/usr/lib/a')).toBe('a');
  expect(read('/caf\udce9')).toBe('latin');
});

it('follows links among the parents inside the directory, as if it were the root', () => {
  expect(read('/relative/a')).toBe('a');
  expect(read('/absolute/a')).toBe('a');
});

it.each(['/escape/secret', '/climb/secret', '/no', '/no/a', '/usr/lib/a/b'])(
  'never leaves the directory by %s',
  (path) => {
    expect(() => read(path)).toThrow(expect.objectContaining({ code: 'not-found' }));
  },
);

it.each(['/usr/secret', '/loop/a', '/loop', '/usr/lib'])('refuses %s, which is no regular file', (path) => {
  expect(() => read(path)).toThrow(expect.objectContaining({ code: 'hostile' }));
});
