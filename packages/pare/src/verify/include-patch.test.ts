import type { ImagePath } from '@pare/oci';
import picomatch from 'picomatch';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderIncludePatch } from './include-patch.ts';

const path = (text: string) => text as ImagePath;

test('is YAML whose globs match the paths themselves and no other', () => {
  const paths = [
    '/a b/"c".py',
    '/usr/[x]/*.so',
    '/{a,b}',
    '/ü',
    '/a+b!(c)',
    '/x\\y',
    '/c++/@d',
    '/#e: f',
  ].map(path);
  const { keep } = parse(renderIncludePatch(paths)) as {
    readonly keep: { readonly include: readonly string[] };
  };
  for (const one of paths) {
    const matching = keep.include.filter((glob) =>
      picomatch.isMatch(one, glob, { dot: true, nonegate: true }),
    );
    expect(matching, one).toHaveLength(1);
  }
  expect(picomatch.isMatch('/usr/x/y.so', [...keep.include])).toBe(false);
});

test('tells a name that YAML cannot hold in a comment', () => {
  const text = renderIncludePatch([path('/var/\udcff')]);
  expect(parse(text)).toEqual({ keep: {} });
  expect(text).toContain('\\udcff');
});

test('asks for nothing when nothing was missed', () => {
  expect(parse(renderIncludePatch([]))).toEqual({ keep: {} });
});
