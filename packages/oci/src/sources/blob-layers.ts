import type { Digest } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import type { BlobStore } from './blob-store.ts';
import { openLayerBlob, tarLayer } from './tar-layer.ts';

/** Layers of blobs that may be compressed, and what releases them. Throws OciError `not-found` for a blob that is not there. */
export function openLayers(
  store: BlobStore,
  blobs: readonly { readonly diffId: Digest; readonly name: string }[],
  spoolDirectory: HostPath,
): { readonly layers: readonly Layer[]; readonly dispose: () => Promise<void> } {
  const opened = blobs.map(({ diffId, name }) => {
    if (!store.has(name)) throw new OciError('not-found', `${store.label} has no ${name}`);
    return { diffId, blob: openLayerBlob(store.source(name), { diffId, spoolDirectory }) };
  });
  return {
    layers: opened.map(({ diffId, blob }) => tarLayer(diffId, blob.source)),
    dispose: async () => {
      for (const { blob } of opened) await blob[Symbol.asyncDispose]();
    },
  };
}
