import type { ImagePath, TreeFile } from '@pare/oci';
import { expect, test } from 'vitest';
import { memoryTree } from './memory-tree.ts';

const at = (path: string) => path as ImagePath;

test('makes missing parents and lists entries with parents first', () => {
  const tree = memoryTree({ '/usr/bin/x': 'x', '/usr/bin-old': { directory: true } });
  expect([...tree.entries()].map((entry) => entry.path)).toEqual([
    '/',
    '/usr',
    '/usr/bin',
    '/usr/bin-old',
    '/usr/bin/x',
  ]);
  expect(tree.list(at('/usr'))).toEqual(['/usr/bin', '/usr/bin-old']);
  expect([...tree.below(at('/usr/bin'))].map((entry) => entry.path)).toEqual(['/usr/bin/x']);
});

test('resolves links inside the root and reports those it walked', () => {
  const tree = memoryTree({
    '/bin': { symlink: 'usr/bin' },
    '/usr/bin/sh': { symlink: '../../../bin/dash' },
    '/usr/bin/dash': 'd',
  });
  const { entry, path, links } = tree.resolve(at('/bin/sh'));
  expect(path).toBe('/usr/bin/dash');
  expect(entry?.kind).toBe('file');
  expect(links).toEqual(['/bin', '/usr/bin/sh', '/bin']);
  expect(tree.resolve(at('/bin/sh'), { nofollow: true }).path).toBe('/usr/bin/sh');
});

test('gives up on a loop of links', () => {
  const tree = memoryTree({ '/a': { symlink: 'b' }, '/b': { symlink: 'a' } });
  expect(tree.resolve(at('/a')).entry).toBeUndefined();
});

test('merges hardlinks and counts their size once', async () => {
  const tree = memoryTree({ '/a': 'four', '/b': { hardlink: '/a' } });
  const b = tree.get(at('/b')) as TreeFile;
  expect(b.names).toEqual(['/a', '/b']);
  expect(tree.sizeBytes).toBe(4);
  expect(Buffer.from(await tree.read(b)).toString()).toBe('four');
});

test('reads a range', async () => {
  const tree = memoryTree({ '/a': 'abcdef' });
  const chunks: Uint8Array[] = [];
  for await (const chunk of tree.open(tree.get(at('/a')) as TreeFile, { start: 2, lengthBytes: 3 }))
    chunks.push(chunk);
  expect(Buffer.concat(chunks).toString()).toBe('cde');
});

test('refuses to read what is larger than the limit', async () => {
  const tree = memoryTree({ '/a': 'abcdef' });
  await expect(tree.read(tree.get(at('/a')) as TreeFile, 5)).rejects.toMatchObject({ code: 'too-large' });
});
