import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeLayerIndex, encodeLayerIndex } from '../formats/layer-index.ts';
import type { FileTree } from '../model/file-tree.ts';
import type { Image, Layer } from '../model/image.ts';
import { type LayerIndex, layerIndex } from '../model/layer-index.ts';
import { tidyEntries, wildEntries } from '../testing/any-layer.ts';
import { imageOf, layerOf } from '../testing/memory-layer.ts';
import { buildFileTree } from './build-file-tree.ts';

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
    fc.asyncProperty(
      fc.array(fc.oneof(tidyEntries, wildEntries), { minLength: 1, maxLength: 3 }),
      async (layers) => {
        const indexes = layers.map((entries) => layerIndex(entries));
        const unpacked = await described(indexes.map((index) => ({ ...index, parents: undefined })));
        expect(await described(indexes)).toEqual(unpacked);
        const kept = indexes.map((index) => decodeLayerIndex(encodeLayerIndex(index)) ?? index);
        expect(await described(kept)).toEqual(unpacked);
        told += indexes.filter(({ parents }) => parents !== undefined).length;
      },
    ),
    { numRuns: 300 },
  );
  expect(told).toBeGreaterThan(100);
});
