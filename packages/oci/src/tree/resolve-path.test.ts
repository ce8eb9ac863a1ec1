import { beforeAll, describe, expect, it } from 'vitest';
import type { FileTree } from '../model/file-tree.ts';
import type { ImagePath } from '../model/path.ts';
import { at, imageOf, layerOf } from '../testing/memory-layer.ts';
import { buildFileTree } from './build-file-tree.ts';

let tree: FileTree;
beforeAll(async () => {
  const chain = Object.fromEntries(
    Array.from({ length: 42 }, (_, index) => [
      `/chain/${index}`,
      { kind: 'symlink' as const, target: `${index + 1}` },
    ]),
  );
  tree = await buildFileTree(
    imageOf(
      await layerOf({
        '/usr/bin/app': { kind: 'file', content: 'app' },
        '/usr/lib/so.1': { kind: 'file', content: 'so' },
        '/usr/lib/so': { kind: 'symlink', target: 'so.1' },
        '/bin': { kind: 'symlink', target: 'usr/bin' },
        '/lib': { kind: 'symlink', target: '/usr/lib' },
        '/usr/bin/up': { kind: 'symlink', target: '../../../../../usr/lib/so' },
        '/usr/bin/via': { kind: 'symlink', target: '/lib/../bin/app' },
        '/loop-a': { kind: 'symlink', target: 'loop-b' },
        '/loop-b': { kind: 'symlink', target: '/loop-a/x' },
        '/self': { kind: 'symlink', target: 'self' },
        '/dangling': { kind: 'symlink', target: 'no/../where' },
        '/file-as-directory': { kind: 'symlink', target: 'usr/bin/app/' },
        '/file-dot': { kind: 'symlink', target: 'usr/bin/app/.' },
        '/directory-slash': { kind: 'symlink', target: 'usr/lib/' },
        '/empty': { kind: 'symlink', target: '' },
        '/root': { kind: 'symlink', target: '/' },
        '/climb': { kind: 'symlink', target: '../..' },
        ...chain,
        '/chain/42': { kind: 'file', content: 'end' },
      }),
    ),
  );
});

const resolve = (path: string, nofollow = false) => {
  const { entry, path: end, links } = tree.resolve(at(path), { nofollow });
  return [entry?.kind ?? 'missing', end, links.length];
};

describe('resolve', () => {
  it.each([
    ['/usr/bin/../lib/so', '/usr/lib/so.1', 'file', 1],
    ['/bin/../lib/so.1', '/usr/lib/so.1', 'file', 1],
    ['/bin/..', '/usr', 'directory', 1],
    ['/../usr', '/usr', 'directory', 0],
    ['/no/../usr', '/usr', undefined, 0],
  ])('goes up from where the way to %s has led', (path, end, kind, links) => {
    const resolution = tree.resolve(path as ImagePath);
    expect([resolution.path, resolution.entry?.kind, resolution.links.length]).toEqual([end, kind, links]);
  });

  it.each([
    ['/', ['directory', '/', 0]],
    ['/usr/bin/app', ['file', '/usr/bin/app', 0]],
    ['/bin/app', ['file', '/usr/bin/app', 1]],
    ['/lib/so', ['file', '/usr/lib/so.1', 2]],
    ['/bin/up', ['file', '/usr/lib/so.1', 3]],
    // `..` of /lib is the parent of the directory that the link leads to.
    ['/usr/bin/via', ['file', '/usr/bin/app', 2]],
    ['/directory-slash', ['directory', '/usr/lib', 1]],
    ['/directory-slash/so.1', ['file', '/usr/lib/so.1', 1]],
    ['/root', ['directory', '/', 1]],
    ['/climb', ['directory', '/', 1]],
    ['/climb/usr', ['directory', '/usr', 1]],
    ['/root/root/root/bin', ['directory', '/usr/bin', 4]],
  ])('leads %s to %j', (path, expected) => {
    expect(resolve(path)).toEqual(expected);
  });

  it.each([
    ['/no', '/no'],
    ['/no/where', '/no/where'],
    ['/bin/no', '/usr/bin/no'],
    ['/usr/bin/app/x', '/usr/bin/app/x'],
    ['/dangling', '/where'],
    ['/file-as-directory', '/usr/bin/app'],
    ['/file-dot', '/usr/bin/app'],
  ])('finds nothing at %s and ends at %s', (path, end) => {
    expect(resolve(path).slice(0, 2)).toEqual(['missing', end]);
  });

  it.each(['/self', '/loop-a', '/empty'])('gives up on %s', (path) => {
    expect(tree.resolve(at(path)).entry).toBeUndefined();
  });

  it('follows 40 links and no more', () => {
    expect(resolve('/chain/2')).toEqual(['file', '/chain/42', 40]);
    expect(resolve('/chain/1')[0]).toBe('missing');
  });

  it('leaves the last segment alone when asked to, and follows links on the way', () => {
    expect(resolve('/bin/up', true)).toEqual(['symlink', '/usr/bin/up', 1]);
    expect(resolve('/bin', true)).toEqual(['symlink', '/bin', 0]);
    expect(resolve('/lib/so.1', true)).toEqual(['file', '/usr/lib/so.1', 1]);
    expect(resolve('/no', true)).toEqual(['missing', '/no', 0]);
  });

  it.each([
    ...['/usr/bin/app', '/bin', '/bin/up', '/usr/lib/so', '/no/where', '/usr/no/where'],
    ...['/usr/bin/app/x', '/usr/bin/up/x', '/usr/bin/via/x', '/usr/lib/so/x/y', '/dangling/x', '/chain/5'],
  ])('leads %s where it leads through a link to the root, step by step', (path) => {
    for (const nofollow of [false, true]) {
      const { links, ...end } = tree.resolve(at(path), { nofollow });
      expect(tree.resolve(at(`/root${path}`), { nofollow })).toEqual({ ...end, links: ['/root', ...links] });
    }
  });

  it('names the links that it walked, in order', () => {
    expect(tree.resolve(at('/bin/up')).links).toEqual(['/bin', '/usr/bin/up', '/usr/lib/so']);
  });
});
