import type { Digest } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import type { BlobStore } from './blob-store.ts';
import { type RegionSource, readRegion } from './file-region.ts';
import { openLayerBlob, tarLayer } from './tar-layer.ts';

/** Where a layer is in a store; `stored` when the blob has a digest of its own there. */
interface NamedLayer {
  readonly diffId: Digest;
  readonly name: string;
  readonly stored?: { readonly digest: Digest; readonly mediaType: string };
}

/** Layers of blobs that may be compressed, and what releases them. Throws OciError `not-found` for a blob that is not there. */
export function openLayers(
  store: BlobStore,
  blobs: readonly NamedLayer[],
  spoolDirectory: HostPath,
): { readonly layers: readonly Layer[]; readonly dispose: () => Promise<void> } {
  const opened = blobs.map(({ diffId, name, stored }) => {
    if (!store.has(name)) throw new OciError('not-found', `${store.label} has no ${name}`);
    const blob = openLayerBlob(store.source(name), { diffId, spoolDirectory });
    const layer = tarLayer(diffId, blob.source);
    return { blob, layer: stored === undefined ? layer : withBlob(layer, store.source(name), stored) };
  });
  return {
    layers: opened.map(({ layer }) => layer),
    dispose: async () => {
      for (const { blob } of opened) await blob[Symbol.asyncDispose]();
    },
  };
}

function withBlob(
  layer: Layer,
  source: RegionSource,
  stored: { readonly digest: Digest; readonly mediaType: string },
): Layer {
  const read = async function* (signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    await using held = await source();
    yield* readRegion(held.region, undefined, signal);
  };
  return {
    ...layer,
    async blob() {
      await using held = await source();
      return { ...stored, sizeBytes: held.region.lengthBytes, read };
    },
  };
}
