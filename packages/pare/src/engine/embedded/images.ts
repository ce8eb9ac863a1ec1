import type { Digest, Image } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { ImageFacts } from '../../ports/container-engine.ts';
import type { ImageStore } from '../../ports/image-store.ts';

/** What the engine port asks of images, answered by the local store. */
export interface EngineImages {
  inspect(reference: string): Promise<ImageFacts>;
  open(reference: string): Promise<Image>;
  storeArchive(
    archive: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
    hashed?: () => Digest | undefined,
  ): Promise<string>;
  has(id: string): Promise<boolean>;
  tag(id: string, reference: string): Promise<void>;
  removeUntagged(id: string): Promise<void>;
}

/** Joins the store to the engine port. */
export function engineImages(store: ImageStore): EngineImages {
  const sizes = new Map<Digest, number>();

  /** What its files take, as docker counts: the store's own count is of compressed blobs. */
  const sizeOf = async (id: Digest): Promise<number> => {
    const known = sizes.get(id);
    if (known !== undefined) return known;
    const sizeBytes = await store.contentBytes(id);
    sizes.set(id, sizeBytes);
    return sizeBytes;
  };

  return {
    async inspect(reference) {
      const { id, tags, architecture, os } = await store.resolve(reference);
      const sizeBytes = await sizeOf(id);
      return { id, tags, architecture, os, sizeBytes, reading: { kind: 'in-place' } };
    },
    open: (reference) => store.open(reference),
    storeArchive: (archive, signal, hashed) =>
      store.receive(archive, {
        ...(signal === undefined ? {} : { signal }),
        ...(hashed === undefined ? {} : { hashed }),
      }),
    async has(id) {
      return (await find(store, id)) !== undefined;
    },
    async tag(id, reference) {
      await store.tag(id, reference);
    },
    async removeUntagged(id) {
      const image = await find(store, id);
      if (image !== undefined && image.tags.length === 0) await store.remove(image.id);
    },
  };
}

async function find(store: ImageStore, reference: string) {
  try {
    return await store.resolve(reference);
  } catch (error) {
    if (error instanceof PareError && error.code === 'image-not-found') return undefined;
    throw error;
  }
}
