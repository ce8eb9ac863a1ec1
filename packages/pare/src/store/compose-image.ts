import { join } from 'node:path';
import { type Digest, digestOf, type ImageConfig, parseImageConfig, renderImageConfig } from '@pare/oci';
import type { ImageParts } from '../ports/image-store.ts';
import { composeLayer } from './compose-layer.ts';
import type { HeldImages } from './held-images.ts';
import type { StoreLayout } from './store-layout.ts';
import type { StoreThread } from './store-thread.ts';
import { type StoredParts, storeWritten } from './store-written.ts';
import { makeTemporary } from './temporary.ts';
import type { UnpackedContents } from './unpacked-contents.ts';

/** An image of one layer that was written here. */
export interface ComposedImage extends StoredParts {
  readonly config: ImageConfig;
  readonly contentBytes: number;
}

/**
 * Stores an image of one layer with these paths of an image whose layers are unpacked, without a tag. `beforeStored` is
 * awaited when its ID is known and before it is in the store. Undefined where a file is not as its layer said.
 */
export async function composeImage(
  layout: StoreLayout,
  parts: ImageParts & { readonly config: ImageConfig },
  contents: UnpackedContents,
  options: {
    readonly beforeStored: (id: Digest) => Promise<void>;
    readonly signal: AbortSignal | undefined;
    readonly thread: StoreThread;
    readonly held: HeldImages;
  },
): Promise<ComposedImage | undefined> {
  const { beforeStored, held, signal, thread } = options;
  await using temporary = await makeTemporary(layout.temporary);
  const file = join(temporary.directory, 'layer.tar');
  const layer = await composeLayer(parts, contents, file, { thread, signal }).finally(() => thread.rest());
  if (layer === undefined) return undefined;
  const { digest, contentBytes } = layer;
  const rawConfig = renderImageConfig(parts.config, [digest]);
  signal?.throwIfAborted();
  await beforeStored(digestOf(rawConfig));
  const drafts = { temporary, files: new Map<Digest, string>() };
  // From here on it is waited for: the caller knows of the image, and removes it when it was aborted meanwhile.
  const stored = await storeWritten(
    layout,
    { rawConfig, layers: [{ digest, file }] },
    { drafts, held },
    undefined,
  );
  return { ...stored, config: parseImageConfig(rawConfig), contentBytes };
}
