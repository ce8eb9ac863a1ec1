import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../model/event-loop-turn.ts';
import { indexPackages, unownedEntries } from './package-index.ts';
import { installed } from './testing/plan-case.ts';

const at = (path: string) => path as ImagePath;
const tree = memoryTree({
  '/etc/made': 'x',
  '/usr/bin/a': 'x',
  '/usr/bin/b': 'x',
  '/usr/lib/python3/dist-packages/b/core.py': 'x',
  '/usr/share/doc/b/copyright': 'x',
});
const packages = ['c', 'a', 'b', 'd'].map((name) =>
  installed('deb', name, [
    '/usr',
    `/usr/bin/${name}`,
    ...(name === 'b' ? ['/usr/lib/python3/dist-packages/b/core.py', '/usr/share/doc/b/copyright'] : []),
  ]),
);
const [c, a, b, d] = packages;

describe('an index of packages', () => {
  const index = runToEnd(indexPackages(tree, packages));

  it('names all owners of a path that several share, by their IDs, and the one of its own', () => {
    expect(index.ownersOf(at('/usr'))).toEqual([a, b, c, d]);
    expect(index.ownersOf(at('/usr/bin/a'))).toEqual([a]);
    expect(index.ownersOf(at('/usr/bin/d')), 'which is not there').toEqual([]);
    expect(index.ownersOf(at('/etc/made'))).toEqual([]);
  });

  it("lists what no package owns, in the tree's order", () => {
    expect(runToEnd(unownedEntries(tree, index)).map(({ path }) => path)).toEqual([
      '/',
      '/etc',
      '/etc/made',
      '/usr/bin',
      '/usr/lib',
      '/usr/lib/python3',
      '/usr/lib/python3/dist-packages',
      '/usr/lib/python3/dist-packages/b',
      '/usr/share',
      '/usr/share/doc',
      '/usr/share/doc/b',
    ]);
  });

  it("tells packages that bring a language's by where most of them lies, documents left out", () => {
    expect(packages.filter(index.isLanguageLibrary)).toEqual([b]);
    const half = installed('deb', 'half', [
      '/usr/lib/python3/dist-packages/half.py',
      '/usr/lib/half/plugin/a',
      '/usr/lib/half/plugin/b',
    ]);
    expect(index.isLanguageLibrary(half)).toBe(false);
    expect(index.isLanguageLibrary({ ...half, files: half.files.slice(1) })).toBe(true);
    expect(index.isLanguageLibrary({ ...half, files: half.files.slice(1), base: true })).toBe(false);
  });
});
