import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { reportedFiles } from './reported-files.ts';

test('says what each kept path is and leaves out what is not in the tree', () => {
  const tree = memoryTree({
    '/a': { content: 'four', mode: 0o4755, uid: 7 },
    '/b': { symlink: '/é' },
    '/d': { directory: true },
  });
  const kept = ['/a', '/b', '/d', '/gone'].map((path) => ({ path: path as ImagePath, reasons: [] }));
  expect(reportedFiles(tree, { kept })).toEqual([
    { path: '/a', kind: 'file', mode: 0o4755, uid: 7, gid: 0, sizeBytes: 4 },
    { path: '/b', kind: 'symlink', mode: 0o777, uid: 0, gid: 0, sizeBytes: 3, target: '/é' },
    { path: '/d', kind: 'directory', mode: 0o755, uid: 0, gid: 0, sizeBytes: 0 },
  ]);
});
