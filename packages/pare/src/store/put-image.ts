import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Digest, digestOf, type Image, type Layer, OciError } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import {
  CONFIG_TYPE,
  type Drafts,
  draftBytes,
  isThere,
  LAYER_TYPE,
  MANIFEST_TYPE,
  moveIntoPlace,
  type PreparedBlob,
  type PreparedImage,
  syncBlobs,
  syncDrafts,
  writeDraft,
} from './draft-blobs.ts';
import { readStoreIndex, withTags, writeStoreIndex } from './store-index.ts';
import { hexOf, type StoreLayout } from './store-layout.ts';
import { takeLock } from './store-lock.ts';
import { parseManifest, readImages, type StoredManifest } from './stored-images.ts';
import { makeTemporary } from './temporary.ts';
import { unpackedDigest } from './unpacked-digest.ts';

/**
 * Takes an image in and gives its manifest's digest. Blobs are written beside the store's own and moved into place under the
 * lock, the index last, so that a kill leaves the store as it was. The digests of what it wrote, and so hashed, go into `checked`. A blob that was there when it was looked for and is gone
 * when the lock is taken (another process removed its image) is written in another round.
 */
export async function putImage(
  layout: StoreLayout,
  image: Image,
  tags: readonly string[],
  { checked, signal }: { readonly checked: Set<Digest>; readonly signal: AbortSignal | undefined },
): Promise<Digest> {
  await using temporary = await makeTemporary(layout.temporary);
  const drafts: Drafts = { temporary, files: new Map() };
  for (;;) {
    signal?.throwIfAborted();
    const { manifests } = await readImages(layout, await readStoreIndex(layout));
    const known = await findReusable(layout, manifests, image);
    const prepared = known ?? (await prepareImage({ layout, image, manifests, drafts, signal }));
    await syncDrafts(prepared.blobs);
    await using _lock = await takeLock(layout.lock, signal);
    if (await moveIntoPlace(layout, prepared.blobs)) {
      for (const { descriptor, draft } of prepared.blobs)
        if (draft !== undefined) checked.add(descriptor.digest);
      await syncBlobs(
        layout,
        prepared.blobs.map(({ descriptor }) => descriptor.digest),
      );
      const entries = withTags(await readStoreIndex(layout), prepared.entry, tags);
      await writeStoreIndex(layout, entries);
      return prepared.entry.manifest;
    }
  }
}

/** The very image, when it is there already: by its manifest where it came with one, else by its config. */
async function findReusable(
  layout: StoreLayout,
  manifests: readonly StoredManifest[],
  image: Image,
): Promise<PreparedImage | undefined> {
  const wanted = image.rawManifest === undefined ? undefined : digestOf(image.rawManifest);
  const found = manifests.find(({ digest, config }) =>
    wanted === undefined ? config.digest === image.configDigest : digest === wanted,
  );
  if (found === undefined) return undefined;
  const there = (mediaType: string, digest: Digest, size: number): PreparedBlob => ({
    descriptor: { mediaType, digest, size },
    draft: undefined,
  });
  const blobs = [
    ...found.layers.map(({ mediaType, blob, blobBytes }) => there(mediaType, blob, blobBytes)),
    there(CONFIG_TYPE, found.config.digest, found.config.bytes),
    there(MANIFEST_TYPE, found.digest, found.bytes),
  ];
  for (const { descriptor } of blobs) if (!(await isThere(layout, descriptor))) return undefined;
  return {
    blobs,
    entry: { manifest: found.digest, manifestBytes: found.bytes, mediaType: mediaTypeOf(found.rawManifest) },
  };
}

async function prepareImage(context: {
  readonly layout: StoreLayout;
  readonly image: Image;
  readonly manifests: readonly StoredManifest[];
  readonly drafts: Drafts;
  readonly signal: AbortSignal | undefined;
}): Promise<PreparedImage> {
  const { layout, image, manifests, drafts, signal } = context;
  const given = image.rawManifest;
  const stored = new Map(manifests.flatMap(({ layers }) => layers.map((layer) => [layer.diffId, layer])));
  const layers: PreparedBlob[] = [];
  for (const layer of image.layers) {
    const own = given === undefined ? undefined : await layer.blob?.(signal);
    const there = stored.get(layer.diffId);
    const usable = there !== undefined && (given === undefined || own?.digest === there.blob);
    if (usable && (await isThere(layout, { digest: there.blob, size: there.blobBytes }))) {
      const descriptor = { mediaType: there.mediaType, digest: there.blob, size: there.blobBytes };
      layers.push({ descriptor, draft: undefined });
    } else layers.push(await draftLayer(layer, drafts, signal));
  }
  const config = await draftBytes(image.rawConfig, CONFIG_TYPE, drafts);
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  };
  const rawManifest = given ?? canonicalJson(document);
  if (given !== undefined) checkManifest(given, image, layers);
  const manifest = await draftBytes(rawManifest, mediaTypeOf(rawManifest), drafts);
  const { digest, size, mediaType } = manifest.descriptor;
  return {
    blobs: [...layers, config, manifest],
    entry: { manifest: digest, manifestBytes: size, mediaType },
  };
}

/** A manifest that came with an image must name what the image has. */
function checkManifest(rawManifest: Uint8Array, image: Image, layers: readonly PreparedBlob[]): void {
  const { config, layers: named } = parseManifest(rawManifest, digestOf(rawManifest));
  const has = [image.configDigest, ...layers.map(({ descriptor }) => descriptor.digest)].join(' ');
  const names = [config.digest, ...named.map(({ digest }) => digest)].join(' ');
  if (has !== names)
    throw new PareError('image-invalid', `the manifest of ${image.reference} names other blobs than it has`);
}

function mediaTypeOf(rawManifest: Uint8Array): string {
  const { mediaType } = JSON.parse(Buffer.from(rawManifest).toString('utf8')) as { mediaType?: unknown };
  return typeof mediaType === 'string' ? mediaType : MANIFEST_TYPE;
}

/** Writes a layer as its source keeps it, and checks that it is what its digest and its diffID say. */
async function draftLayer(
  layer: Layer,
  { temporary, files }: Drafts,
  signal: AbortSignal | undefined,
): Promise<PreparedBlob> {
  const blob = await layer.blob?.(signal);
  const digest = blob?.digest ?? layer.diffId;
  const known = files.get(digest);
  const draft = known ?? join(temporary.directory, hexOf(digest));
  if (known === undefined) {
    const bytes = blob?.read(signal) ?? layer.tar(signal);
    const unpacked = unpackedDigest(`layer ${layer.diffId}`);
    const found = await writeDraft(draft, bytes, (chunk) => unpacked.write(chunk));
    if (found !== digest)
      throw new OciError(
        'digest-mismatch',
        `the blob of layer ${layer.diffId} has digest ${found}, not ${digest}`,
      );
    const diffId = await unpacked.finish(found);
    if (diffId !== layer.diffId)
      throw new OciError(
        'digest-mismatch',
        `the blob ${digest} unpacks to ${diffId}, not to layer ${layer.diffId}`,
      );
    files.set(digest, draft);
  }
  const { size } = await stat(draft);
  return { descriptor: { mediaType: blob?.mediaType ?? LAYER_TYPE, digest, size }, draft };
}
