import type { Digest } from '@pare/oci';
import { takeLease } from './leases.ts';
import { hexOf, type StoreLayout } from './store-layout.ts';

/**
 * Images that this process has stored and is about to tag. Another may have stored the same, and be done with it: what it removes stays
 * while it is held. Disposing of it gives all of them back.
 */
export interface HeldImages extends AsyncDisposable {
  /** Holds an image by its manifest, before it is in the store. */
  hold(manifest: Digest): Promise<void>;
  /** Gives it back; without effect on one that is not held. */
  release(manifest: Digest): Promise<void>;
}

/** Opens it with nothing held. */
export function openHeldImages(layout: StoreLayout): HeldImages {
  const leases = new Map<Digest, AsyncDisposable>();
  const release = async (manifest: Digest) => {
    const lease = leases.get(manifest);
    leases.delete(manifest);
    await lease?.[Symbol.asyncDispose]();
  };
  return {
    async hold(manifest) {
      if (!leases.has(manifest)) leases.set(manifest, await takeLease(layout, [imagePlace(manifest)]));
    },
    release,
    async [Symbol.asyncDispose]() {
      for (const manifest of [...leases.keys()]) await release(manifest);
    },
  };
}

/** What a lease calls an image. */
export function imagePlace(manifest: Digest): string {
  return `images/${hexOf(manifest)}`;
}
