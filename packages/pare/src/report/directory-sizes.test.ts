import type { FileTree, ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { runToEnd } from '../model/event-loop-turn.ts';
import { directorySizes } from './directory-sizes.ts';
import { directoryTotals } from './directory-totals.ts';

const sizes = (tree: FileTree, kept: Parameters<typeof directorySizes>[2]) =>
  directorySizes(runToEnd(directoryTotals(tree)), tree, kept);
const reason = { kind: 'application-file' } as const;
const plan = (...paths: readonly string[]) => ({
  kept: paths.map((path) => ({ path: path as ImagePath, reasons: [reason] })),
});

test('sums what is kept and removed in each directory and all below it, four levels deep', () => {
  const tree = memoryTree({
    '/usr/lib/a/b/c/deep': 'x'.repeat(20_000),
    '/usr/lib/kept': 'x'.repeat(30_000),
    '/etc/small': 'x',
  });
  expect(sizes(tree, plan('/usr', '/usr/lib', '/usr/lib/kept'))).toEqual([
    { path: '/', keptBytes: 30_000, removedBytes: 20_001, keptFiles: 1, removedFiles: 2 },
    { path: '/usr', keptBytes: 30_000, removedBytes: 20_000, keptFiles: 1, removedFiles: 1 },
    { path: '/usr/lib', keptBytes: 30_000, removedBytes: 20_000, keptFiles: 1, removedFiles: 1 },
    { path: '/usr/lib/a', keptBytes: 0, removedBytes: 20_000, keptFiles: 0, removedFiles: 1 },
    { path: '/usr/lib/a/b', keptBytes: 0, removedBytes: 20_000, keptFiles: 0, removedFiles: 1 },
  ]);
});

test('counts the content of a file with several names once, as kept when one of them is', () => {
  const tree = memoryTree({ '/bin/busybox': 'x'.repeat(20_000), '/bin/ls': { hardlink: '/bin/busybox' } });
  expect(sizes(tree, plan('/bin', '/bin/ls'))).toContainEqual({
    path: '/bin',
    keptBytes: 20_000,
    removedBytes: 0,
    keptFiles: 1,
    removedFiles: 1,
  });
});

test('tells of the content of a file where its first kept name is, and takes it from where its first name is', () => {
  const tree = memoryTree({
    '/a/one': 'x'.repeat(20_000),
    '/b/two': { hardlink: '/a/one' },
    '/c/three': { hardlink: '/a/one' },
    '/c/other': 'x'.repeat(17_000),
  });
  expect(sizes(tree, plan('/b/two', '/c/three', '/gone'))).toEqual([
    { path: '/', keptBytes: 20_000, removedBytes: 17_000, keptFiles: 2, removedFiles: 2 },
    { path: '/b', keptBytes: 20_000, removedBytes: 0, keptFiles: 1, removedFiles: 0 },
    { path: '/c', keptBytes: 0, removedBytes: 17_000, keptFiles: 1, removedFiles: 1 },
  ]);
});
