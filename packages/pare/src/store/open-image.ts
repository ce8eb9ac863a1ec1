import {
  cachedLayer,
  type Digest,
  type HostPath,
  type Image,
  imageFromParts,
  type Layer,
  type LayerIndex,
  type LayerIndexCache,
  openStoredLayer,
  withDirectory,
} from '@pare/oci';
import { blobFile, type StoreLayout } from './store-layout.ts';
import type { StoredManifest } from './stored-images.ts';

/** What an image of the store is opened with. */
export interface OpenContext {
  readonly layout: StoreLayout;
  readonly cache: LayerIndexCache;
  /** Where layers are unpacked already and can be read, by diffID. */
  readonly unpacked: ReadonlyMap<string, HostPath>;
  /** Indexes that this process has read. */
  readonly indexes: Map<Digest, Promise<LayerIndex>>;
  /** Blobs that this process hashed, which are not hashed again. */
  readonly checked: Set<Digest>;
}

/** Whoever opens an image again does not parse its indexes again. */
function readOnce(layer: Layer, indexes: OpenContext['indexes']): Layer {
  const { diffId, readIndex } = layer;
  if (readIndex === undefined) return layer;
  return {
    ...layer,
    readIndex(signal) {
      const reading = indexes.get(diffId) ?? readIndex(signal);
      indexes.set(diffId, reading);
      reading.catch(() => indexes.delete(diffId));
      return reading;
    },
  };
}

/** Opens a stored image; compressed layers are unpacked, nameless, on the store's file system when they must be. */
export function openStoredImage(context: OpenContext, manifest: StoredManifest, reference: string): Image {
  const { layout, cache, unpacked, checked, indexes } = context;
  const opened = manifest.layers.map(({ diffId, blob, blobBytes, mediaType }) => {
    const stored = openStoredLayer({
      diffId,
      digest: blob,
      sizeBytes: blobBytes,
      mediaType,
      file: blobFile(layout, blob),
      spoolDirectory: layout.temporary,
      checked,
    });
    const directory = unpacked.get(diffId);
    const layer = directory === undefined ? stored.layer : withDirectory(stored.layer, directory);
    return { stored, layer: readOnce(cachedLayer(layer, 'tar', cache), indexes) };
  });
  const image = imageFromParts({
    reference,
    rawConfig: manifest.rawConfig,
    layers: opened.map(({ layer }) => layer),
    dispose: async () => {
      for (const { stored } of opened) await stored[Symbol.asyncDispose]();
    },
  });
  return { ...image, rawManifest: manifest.rawManifest };
}
