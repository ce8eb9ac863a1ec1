import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandGlob, matchAny, matchSubtree } from './glob.ts';

const paths = [
  '/',
  '/usr',
  '/usr/lib',
  '/usr/lib/a.so',
  '/usr/lib/x86/a.so.1',
  '/usr/lib/x86/deep/.hidden',
  '/lib/a.so',
  '/etc/rc3.d/S01',
  '/opt/a+b(c)/{d}',
];

describe('globs', () => {
  it.each([
    ['/usr/**', ['/usr', '/usr/lib', '/usr/lib/a.so', '/usr/lib/x86/a.so.1', '/usr/lib/x86/deep/.hidden']],
    ['/{usr/,}lib/**/a.so*', ['/usr/lib/a.so', '/usr/lib/x86/a.so.1', '/lib/a.so']],
    ['/usr/lib/*', ['/usr/lib/a.so']],
    ['/**/.h*', ['/usr/lib/x86/deep/.hidden']],
    ['/etc/rc[0-6S].d/S??', ['/etc/rc3.d/S01']],
    ['/usr/lib/a?so', ['/usr/lib/a.so']],
    ['/opt/a+b(c)/*', ['/opt/a+b(c)/{d}']],
  ])('%s matches whole paths', (glob, expected) => {
    expect(paths.filter(matchAny([glob]))).toEqual(expected);
  });

  it('match nothing when there are none', () => {
    expect(paths.some(matchAny([]))).toBe(false);
  });

  it('of users mean the whole subtree of a directory', () => {
    expect(paths.filter(matchSubtree('/usr/l*/'))).toEqual(paths.slice(2, 6));
    expect(paths.filter(matchSubtree('/'))).toEqual(paths);
  });

  it('expand to what they match in a tree', () => {
    const tree = memoryTree({
      '/usr/lib/a.so': 'x',
      '/usr/lib/x86/a.so.1': 'x',
      '/usr/lib/x86/b': 'x',
      '/lib': { symlink: 'usr/lib' },
    });
    expect(expandGlob(tree, '/{usr/,}lib/{*/,}a.so*')).toEqual(['/usr/lib/x86/a.so.1', '/usr/lib/a.so']);
    expect(expandGlob(tree, '/usr/lib/**/b')).toEqual(['/usr/lib/x86/b']);
    expect(expandGlob(tree, '/usr/lib/x86/**')).toEqual([
      '/usr/lib/x86',
      '/usr/lib/x86/a.so.1',
      '/usr/lib/x86/b',
    ]);
    expect(expandGlob(tree, '/missing/**')).toEqual([]);
  });

  it('match the same paths that they expand to', () => {
    const segment = fc.constantFrom('a', 'b.c', '*', 'b*', '?', '**', '[ab]', '[!ab]*', '{a,x}');
    const name = fc.constantFrom('a', 'b.c', 'bb', 'x', '.b');
    const joined = (parts: fc.Arbitrary<string>) =>
      fc.array(parts, { minLength: 1, maxLength: 4 }).map((each) => `/${each.join('/')}`);
    fc.assert(
      fc.property(joined(segment), fc.array(joined(name), { minLength: 1, maxLength: 6 }), (glob, files) => {
        fc.pre(!glob.includes('**/**'));
        const directories = (path: string): boolean => files.some((other) => other.startsWith(`${path}/`));
        const tree = memoryTree(
          Object.fromEntries(files.filter((path) => !directories(path)).map((path) => [path, 'x'])),
        );
        const matched = [...tree.entries()].map(({ path }) => path).filter(matchAny([glob]));
        expect([...expandGlob(tree, glob)].filter((path) => path !== '/').sort()).toEqual(
          matched.filter((path) => path !== '/').sort(),
        );
      }),
      { numRuns: 300 },
    );
  });
});
