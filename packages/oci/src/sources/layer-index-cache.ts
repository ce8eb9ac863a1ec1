import { decodeLayerIndex, encodeLayerIndex } from '../formats/layer-index.ts';
import type { Digest } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import type { HostPath } from '../model/path.ts';
import { readLayerIndex } from '../tree/read-layer-index.ts';
import { openFileCache } from './file-cache.ts';

/** How a layer is read decides what its index says of sparse files, so each way has an index of its own. */
export type LayerReading = 'tar' | 'tar-split';

/** Indexes of layers in a directory of the user's cache, so that the layers of a known base are not parsed again. */
export interface LayerIndexCache {
  /** The index that was kept; undefined for none, or one that cannot be read. */
  read(diffId: Digest, reading: LayerReading): Promise<LayerIndex | undefined>;
  /** Keeps an index, and forgets those not used for longest where there are too many. A cache that cannot be written is no error. */
  write(diffId: Digest, reading: LayerReading, index: LayerIndex): Promise<void>;
}

/** An index of 30,000 entries takes about 1.6 MB. */
const LIMIT_BYTES = 256 * 1024 ** 2;

/** Opens the cache in `directory`, which is made when it is first written to. Several processes may use it at once. */
export function openLayerIndexCache(directory: HostPath, limitBytes = LIMIT_BYTES): LayerIndexCache {
  const cache = openFileCache(directory, limitBytes);
  return {
    async read(diffId, reading) {
      const bytes = await cache.read(nameOf(diffId, reading));
      return bytes === undefined ? undefined : decodeLayerIndex(bytes);
    },
    write: (diffId, reading, index) => cache.write(nameOf(diffId, reading), encodeLayerIndex(index)),
  };
}

function nameOf(diffId: Digest, reading: LayerReading): string {
  return `${diffId.slice('sha256:'.length)}.${reading}`;
}

/** The same layer, whose index is looked up in the cache before it is read, and parsed once while the layer is held. */
export function cachedLayer(layer: Layer, reading: LayerReading, cache: LayerIndexCache): Layer {
  let known: LayerIndex | undefined;
  const readIndex = async (signal?: AbortSignal): Promise<LayerIndex> => {
    if (known !== undefined) return known;
    const kept = await cache.read(layer.diffId, reading);
    signal?.throwIfAborted();
    const index = kept ?? (await readLayerIndex(layer, { signal }));
    if (kept === undefined) await cache.write(layer.diffId, reading, index);
    known = index;
    return index;
  };
  return {
    ...layer,
    indexName: nameOf(layer.diffId, reading),
    readIndex,
    async *entries(signal) {
      yield* (await readIndex(signal)).entries();
    },
  };
}
