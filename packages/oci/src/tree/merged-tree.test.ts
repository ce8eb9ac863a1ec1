import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeLayerIndex, encodeLayerIndex } from '../formats/layer-index.ts';
import type { LayerEntry } from '../model/entry.ts';
import type { FileTree } from '../model/file-tree.ts';
import type { Image, Layer } from '../model/image.ts';
import { type LayerIndex, layerIndex } from '../model/layer-index.ts';
import { comparePaths, type ImagePath, parseImagePath } from '../model/path.ts';
import { imageOf, layerOf } from '../testing/memory-layer.ts';
import { buildFileTree } from './build-file-tree.ts';

const path = fc
  .array(fc.constantFrom('a', 'b', 'c', 'a-b', '\udcff'), { minLength: 1, maxLength: 3 })
  .map((segments) => parseImagePath(segments.join('/')));
const kind = fc.constantFrom(
  'file',
  'file',
  'directory',
  'directory',
  'symlink',
  'hardlink',
  'whiteout',
  'opaque',
);

/** Entries in any order, names that come twice and lead anywhere. */
const wild = fc.array(
  fc
    .record({ kind, path, target: path, mode: fc.integer({ min: 0, max: 0o777 }), sizeBytes: fc.nat(99) })
    .map((draft) => ({ ...draft, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, xattrs: new Map() })),
  { maxLength: 8 },
) as unknown as fc.Arbitrary<readonly LayerEntry[]>;

/** As engines write layers: each path once, with its directories before it. */
const tidy = wild.map((entries): readonly LayerEntry[] => {
  const told = new Map<ImagePath, LayerEntry>();
  const marks = entries.filter((entry) => entry.kind === 'whiteout');
  for (const entry of entries) {
    if (entry.kind === 'whiteout' || entry.kind === 'opaque' || entry.kind === 'hardlink') continue;
    const segments = entry.path.split('/');
    const above = segments.slice(1, -1).map((_, at) => segments.slice(0, at + 2).join('/') as ImagePath);
    if (above.some((each) => (told.get(each) ?? { kind: 'directory' }).kind !== 'directory')) continue;
    for (const each of above) told.set(each, { ...entry, kind: 'directory', path: each });
    if (!told.has(entry.path)) told.set(entry.path, entry);
  }
  const named = [...told.values()].sort((one, other) => comparePaths(one.path, other.path));
  return [...named, ...marks.filter((mark) => layerIndex([...named, mark]).parents !== undefined)];
});

async function described(indexes: readonly LayerIndex[]): Promise<unknown> {
  const layer = await layerOf({});
  const layers = indexes.map((index): Layer => ({ ...layer, readIndex: async () => index }));
  const image: Image = { ...imageOf(), layers };
  try {
    return describeTree(await buildFileTree(image));
  } catch (error) {
    return error;
  }
}

function describeTree(tree: FileTree): unknown {
  const entries = [...tree.entries()];
  const below = entries.map((entry) => [
    tree.list(entry.path),
    [...tree.below(entry.path)].length,
    tree.get(entry.path),
  ]);
  return { entries, below, sizeBytes: tree.sizeBytes, size: tree.size };
}

it('shows the same whether a layer is taken as its index tells or is unpacked first', async () => {
  let told = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(tidy, wild), { minLength: 1, maxLength: 3 }), async (layers) => {
      const indexes = layers.map((entries) => layerIndex(entries));
      const unpacked = await described(indexes.map((index) => ({ ...index, parents: undefined })));
      expect(await described(indexes)).toEqual(unpacked);
      const kept = indexes.map((index) => decodeLayerIndex(encodeLayerIndex(index)) ?? index);
      expect(await described(kept)).toEqual(unpacked);
      told += indexes.filter(({ parents }) => parents !== undefined).length;
    }),
    { numRuns: 300 },
  );
  expect(told).toBeGreaterThan(100);
});
