import type { LayerEntry } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { type LayerIndex, layerIndex } from '../model/layer-index.ts';

/** All entries of a layer. One that has no index is read no further than one entry above `limit`. */
export async function readLayerIndex(
  layer: Layer,
  {
    signal,
    limit = Number.POSITIVE_INFINITY,
  }: { readonly signal?: AbortSignal | undefined; readonly limit?: number } = {},
): Promise<LayerIndex> {
  if (layer.readIndex !== undefined) return await layer.readIndex(signal);
  const entries: LayerEntry[] = [];
  for await (const entry of layer.entries(signal)) {
    entries.push(entry);
    if (entries.length > limit) break;
  }
  return layerIndex(entries);
}
