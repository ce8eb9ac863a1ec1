import { expect, it } from 'vitest';
import type { ImagePath } from '../model/path.ts';
import { at, type EntryDraft, imageOf, layerOf } from '../testing/memory-layer.ts';
import { buildFileTree } from '../tree/build-file-tree.ts';
import { planPlainLinks } from './plain-links.ts';

async function planOf(drafts: Readonly<Record<string, EntryDraft>>, wanted?: readonly ImagePath[]) {
  const tree = await buildFileTree(imageOf(await layerOf(drafts)));
  const paths = wanted ?? [...tree.entries()].map(({ path }) => path);
  const sourceOf = ({ path }: { readonly path: string }) => `/unpacked${path}`;
  const nameOf = (path: string) => `/made${path}`;
  return planPlainLinks({ tree, paths, flavour: 'root', sourceOf, nameOf });
}

it('links files and symlinks, further names of a file to the first of them, and makes the directories on the way', async () => {
  const plan = await planOf(
    {
      '/a': { kind: 'directory', mode: 0o2750, uid: 3, gid: 4 },
      '/a/file': { kind: 'file', content: 'one', xattrs: new Map([['security.capability', Buffer.of(1)]]) },
      '/a/link': { kind: 'symlink', target: 'file' },
      '/b/name': { kind: 'hardlink', target: '/a/file' },
    },
    [at('/a/file'), at('/a/link'), at('/b/name')],
  );
  expect(plan?.links).toEqual([
    ['/unpacked/a/file', '/made/a/file'],
    ['/unpacked/a/link', '/made/a/link'],
    ['/made/a/file', '/made/b/name'],
  ]);
  const described = plan?.directories.map(({ path, mode, uid, gid, mtime }) => [path, mode, uid, gid, mtime]);
  const epoch = { seconds: 0, nanoseconds: 0 };
  expect(described).toEqual([
    ['/', 0o755, 0, 0, epoch],
    ['/a', 0o2750, 3, 4, { seconds: 1_700_000_000, nanoseconds: 0 }],
    ['/b', 0o755, 0, 0, epoch],
  ]);
});

it('takes the root as it is where it is asked for', async () => {
  const plan = await planOf({ '/': { kind: 'directory', mode: 0o700 } });
  expect(plan?.directories.map(({ path, mode }) => [path, mode])).toEqual([['/', 0o700]]);
});

const user = new Map([['user.note', Buffer.of(1)]]);

it.each<[string, string, EntryDraft]>([
  ['a device', '/a', { kind: 'char-device', major: 1, minor: 3 }],
  ['a pipe', '/a', { kind: 'fifo' }],
  ['an attribute of a directory', '/a', { kind: 'directory', xattrs: user }],
  ['part of a second', '/a', { kind: 'directory', mtime: { seconds: 1, nanoseconds: 5 } }],
  ['a directory whose name is no UTF-8', '/a\udcff', { kind: 'directory' }],
  ['an attribute that a file cannot have', '/a', { kind: 'file', xattrs: new Map([['odd', Buffer.of(1)]]) }],
])('leaves %s to tar', async (_name, path, draft) => {
  expect(await planOf({ '/b': { kind: 'directory' } })).toBeDefined();
  expect(await planOf({ '/b': { kind: 'directory' }, [path]: draft })).toBeUndefined();
});

it('refuses a path that is not there', async () => {
  await expect(planOf({ '/a': { kind: 'directory' } }, [at('/b')])).rejects.toMatchObject({
    code: 'not-found',
  });
});
