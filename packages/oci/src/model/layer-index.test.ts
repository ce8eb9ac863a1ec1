import { describe, expect, it } from 'vitest';
import { at } from '../testing/memory-layer.ts';
import type { LayerEntry } from './entry.ts';
import { AT_ROOT, layerIndex, parentPlaces } from './layer-index.ts';

type Draft = readonly [kind: LayerEntry['kind'], path: string, target?: string];
const entryOf = ([kind, path, target = '']: Draft): LayerEntry =>
  ({
    kind,
    path: at(path),
    target,
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: { seconds: 0, nanoseconds: 0 },
    xattrs: new Map(),
  }) as unknown as LayerEntry;
const placesOf = (drafts: readonly Draft[]) => {
  const places = parentPlaces(drafts.map(entryOf));
  return places === undefined ? undefined : [...places];
};

describe('the places of directories', () => {
  it('are those of the directories that the layer names', () => {
    const drafts: readonly Draft[] = [
      ['directory', '/'],
      ['directory', '/d'],
      ['opaque', '/d'],
      ['file', '/d/a'],
      ['directory', '/d/e'],
      ['hardlink', '/d/e/b', '/d/a'],
      ['whiteout', '/d/e/c'],
      ['symlink', '/l', 'd'],
    ];
    expect(placesOf(drafts)).toEqual([AT_ROOT, 0, 1, 1, 1, 4, 4, 0]);
    expect(placesOf(drafts.slice(1))).toEqual([AT_ROOT, 0, 0, 0, 3, 3, AT_ROOT]);
    expect(placesOf([])).toEqual([]);
  });

  it.each<[string, readonly Draft[]]>([
    [
      'a name comes twice',
      [
        ['file', '/a'],
        ['file', '/a'],
      ],
    ],
    [
      'a directory comes twice',
      [
        ['directory', '/a'],
        ['directory', '/a'],
      ],
    ],
    [
      'the root comes twice',
      [
        ['directory', '/'],
        ['directory', '/'],
      ],
    ],
    [
      'a file takes the place of a directory',
      [
        ['directory', '/a'],
        ['file', '/a'],
      ],
    ],
    [
      'a directory takes the place of a file',
      [
        ['file', '/a'],
        ['directory', '/a'],
      ],
    ],
    ['the root is a file', [['file', '/']]],
    ['the root is whited out', [['whiteout', '/']]],
    ['nobody names the directory', [['file', '/d/a']]],
    [
      'the directory comes later',
      [
        ['file', '/d/a'],
        ['directory', '/d'],
      ],
    ],
    [
      'the directory is a link',
      [
        ['directory', '/d'],
        ['symlink', '/l', 'd'],
        ['file', '/l/a'],
      ],
    ],
    [
      'the directory is a file',
      [
        ['file', '/d'],
        ['file', '/d/a'],
      ],
    ],
    [
      'a link comes before its target',
      [
        ['hardlink', '/b', '/a'],
        ['file', '/a'],
      ],
    ],
    ['a link leads to a layer below', [['hardlink', '/b', '/a']]],
    [
      'a link leads to a directory',
      [
        ['directory', '/a'],
        ['hardlink', '/b', '/a'],
      ],
    ],
    ['what is opaque is not named', [['opaque', '/d']]],
  ])('are not known where %s', (_what, drafts) => {
    expect(placesOf(drafts)).toBeUndefined();
  });
});

describe('an index', () => {
  it('has nothing where no entry is', () => {
    const index = layerIndex([entryOf(['file', '/a'])]);
    expect(index.entryAt(0).path).toBe('/a');
    expect(() => index.entryAt(1)).toThrow(RangeError);
  });
});
