import { type Digest, type Image, readLayerIndex } from '@pare/oci';
import { layerNotes } from './layer-directories.ts';
import type { StoreLayout } from './store-layout.ts';
import { fileBytes } from './unpack-layer.ts';

/**
 * What an image's files take, as docker counts: each layer's, also those that a later one hides. `known`: of layers that this process
 * has written, which need not be read for it.
 */
export async function contentBytesOf(
  layout: StoreLayout,
  image: Image,
  known: ReadonlyMap<Digest, number>,
): Promise<number> {
  const notes = await layerNotes(layout, image);
  let sum = 0;
  for (const [at, layer] of image.layers.entries())
    sum +=
      known.get(layer.diffId) ??
      notes[at]?.contentBytes ??
      fileBytes((await readLayerIndex(layer)).entries());
  return sum;
}
