import { stat } from 'node:fs/promises';
import { canonicalJson, type Digest, digestOf } from '@pare/oci';
import {
  CONFIG_TYPE,
  type Drafts,
  draftBytes,
  LAYER_TYPE,
  MANIFEST_TYPE,
  moveIntoPlace,
  type PreparedBlob,
} from './draft-blobs.ts';
import { syncPath } from './durable-file.ts';
import type { HeldImages } from './held-images.ts';
import { readStoreIndex, withTags, writeStoreIndex } from './store-index.ts';
import type { StoreLayout } from './store-layout.ts';
import { takeLock } from './store-lock.ts';

/** An image whose layers were written to files of a temporary directory, and hashed there. */
export interface WrittenImage {
  readonly rawConfig: Uint8Array;
  /** Lowest first, as the config names them. */
  readonly layers: readonly { readonly digest: Digest; readonly file: string }[];
}

/** What was stored. */
export interface StoredParts {
  /** Digest of its config. */
  readonly id: Digest;
  /** Its layers, which were hashed just now. */
  readonly diffIds: readonly Digest[];
}

/** What storing takes. */
export interface StoreWritten {
  readonly drafts: Drafts;
  readonly held: HeldImages;
}

/** Moves an image into the store, without a tag, and holds it. Its files are synced before; their names are when it is tagged. */
export async function storeWritten(
  layout: StoreLayout,
  { rawConfig, layers }: WrittenImage,
  { drafts, held }: StoreWritten,
  signal: AbortSignal | undefined,
): Promise<StoredParts> {
  const blobs: PreparedBlob[] = [];
  for (const { digest, file } of layers) {
    const { size } = await stat(file);
    blobs.push({ descriptor: { mediaType: LAYER_TYPE, digest, size }, draft: file });
  }
  const config = await draftBytes(rawConfig, CONFIG_TYPE, drafts);
  const document = canonicalJson({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: config.descriptor,
    layers: blobs.map(({ descriptor }) => descriptor),
  });
  const manifest = await draftBytes(document, MANIFEST_TYPE, drafts);
  const { digest, size, mediaType } = manifest.descriptor;
  const entry = { manifest: digest, manifestBytes: size, mediaType };
  const parts = [...blobs, config, manifest];
  // Not by who holds the lock: others may wait for that.
  await Promise.all(parts.flatMap(({ draft }) => (draft === undefined ? [] : [syncPath(draft)])));
  await held.hold(digest);
  await using _lock = await takeLock(layout.lock, signal);
  await moveIntoPlace(layout, parts);
  await writeStoreIndex(layout, withTags(await readStoreIndex(layout), entry, []));
  return { id: digestOf(rawConfig), diffIds: layers.map((layer) => layer.digest) };
}
