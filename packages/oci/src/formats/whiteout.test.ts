import { expect, it } from 'vitest';
import type { OciError } from '../model/oci-error.ts';
import { parseImagePath } from '../model/path.ts';
import { opaquePath, parseWhiteout, whiteoutPath } from './whiteout.ts';

const mark = (path: string) => parseWhiteout(parseImagePath(path));

it.each([
  ['/a', { kind: 'none' }],
  ['/a.wh.b', { kind: 'none' }],
  ['/.whx', { kind: 'none' }],
  ['/.wh.a', { kind: 'whiteout', path: '/a' }],
  ['/d/.wh.a', { kind: 'whiteout', path: '/d/a' }],
  ['/d/.wh.a.wh.b', { kind: 'whiteout', path: '/d/a.wh.b' }],
  ['/d/.wh....', { kind: 'whiteout', path: '/d/...' }],
  ['/.wh..wh..opq', { kind: 'opaque', path: '/' }],
  ['/d/.wh..wh..opq', { kind: 'opaque', path: '/d' }],
  ['/.wh..wh.plnk', { kind: 'bookkeeping' }],
  ['/.wh..wh.plnk/12.34', { kind: 'bookkeeping' }],
  ['/.wh..wh.aufs', { kind: 'bookkeeping' }],
  ['/.wh..wh.', { kind: 'bookkeeping' }],
])('reads %s', (path, expected) => {
  expect(mark(path)).toEqual(expected);
});

it.each(['/.wh.', '/.wh..', '/.wh...', '/d/.wh.', '/.wh.a/b', '/.wh..wh..opq/b', '/.wh.a/.wh.b'])(
  'refuses %s',
  (path) => {
    expect(() => mark(path)).toThrow(expect.objectContaining({ code: 'hostile' }) as OciError);
  },
);

it('names the members that remove', () => {
  expect(whiteoutPath(parseImagePath('/d/a'))).toBe('/d/.wh.a');
  expect(opaquePath(parseImagePath('/d'))).toBe('/d/.wh..wh..opq');
  expect(mark(whiteoutPath(parseImagePath('/d/a')))).toEqual({ kind: 'whiteout', path: '/d/a' });
});
