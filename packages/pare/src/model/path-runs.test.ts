import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countPaths, decodePaths, encodePaths } from './path-runs.ts';

const tree = memoryTree({ '/a': 'x', '/b': 'x', '/c/d': 'x', '/c/e': 'x', '/f': 'x' });

describe('paths that are kept as runs', () => {
  it('are the same again, in their order, whether the tree has them or not', () => {
    const path = fc.constantFrom<ImagePath>(
      ...tree.paths,
      '/missing' as ImagePath,
      '/c/missing' as ImagePath,
    );
    fc.assert(
      fc.property(fc.array(path), (paths) => {
        const runs = encodePaths(paths, tree);
        expect(decodePaths(runs, tree)).toEqual(paths);
        expect(countPaths(runs)).toBe(paths.length);
      }),
    );
  });

  it('take two numbers for those that follow each other', () => {
    expect(encodePaths(tree.paths, tree)).toEqual([0, tree.size]);
    expect(encodePaths([], tree)).toEqual([]);
  });

  it('are none where a place is not in the tree, or a count is missing', () => {
    expect(decodePaths([3, tree.size], tree)).toBeUndefined();
    expect(decodePaths([tree.size, 1], tree)).toBeUndefined();
    expect(decodePaths([0, 1, 2], tree)).toBeUndefined();
  });
});
