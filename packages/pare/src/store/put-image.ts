import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Digest, digestOf, type Image, type Layer, OciError } from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import { renameDurably } from './durable-file.ts';
import { type IndexEntry, readStoreIndex, withTags, writeStoreIndex } from './store-index.ts';
import { blobFile, hexOf, type StoreLayout } from './store-layout.ts';
import { takeLock } from './store-lock.ts';
import { parseManifest, readImages, type StoredManifest } from './stored-images.ts';
import { makeTemporary, type Temporary } from './temporary.ts';
import { unpackedDigest } from './unpacked-digest.ts';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/** A blob of an image that is being put; `draft` is set where the store lacks it. */
interface PreparedBlob {
  readonly descriptor: Descriptor;
  readonly draft: string | undefined;
}

/**
 * Takes an image in and gives its manifest's digest. Blobs are written beside the store's own and moved into place under the
 * lock, the index last, so that a kill leaves the store as it was. A blob that was there when it was looked for and is gone
 * when the lock is taken (another process removed its image) is written in another round.
 */
export async function putImage(
  layout: StoreLayout,
  image: Image,
  tags: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Digest> {
  await using temporary = await makeTemporary(layout.temporary);
  const drafts = new Map<Digest, string>();
  for (;;) {
    signal?.throwIfAborted();
    const { manifests } = await readImages(layout, await readStoreIndex(layout));
    const known = findReusable(manifests, image);
    const prepared = known ?? (await prepareImage({ layout, image, manifests, temporary, drafts, signal }));
    await using _lock = await takeLock(layout.lock, signal);
    if (await moveIntoPlace(layout, prepared.blobs)) {
      const entries = withTags(await readStoreIndex(layout), prepared.entry, tags);
      await writeStoreIndex(layout, entries);
      return prepared.entry.manifest;
    }
  }
}

interface PreparedImage {
  readonly blobs: readonly PreparedBlob[];
  readonly entry: Omit<IndexEntry, 'tag'>;
}

/** The very image, when it is there already: by its manifest where it came with one, else by its config. */
function findReusable(manifests: readonly StoredManifest[], image: Image): PreparedImage | undefined {
  const wanted = image.rawManifest === undefined ? undefined : digestOf(image.rawManifest);
  const found = manifests.find(({ digest, config }) =>
    wanted === undefined ? config.digest === image.configDigest : digest === wanted,
  );
  if (found === undefined) return undefined;
  const there = (mediaType: string, digest: Digest, size: number): PreparedBlob => ({
    descriptor: { mediaType, digest, size },
    draft: undefined,
  });
  return {
    blobs: [
      ...found.layers.map(({ mediaType, blob, blobBytes }) => there(mediaType, blob, blobBytes)),
      there(CONFIG_TYPE, found.config.digest, found.config.bytes),
      there(MANIFEST_TYPE, found.digest, found.bytes),
    ],
    entry: { manifest: found.digest, manifestBytes: found.bytes, mediaType: mediaTypeOf(found.rawManifest) },
  };
}

async function prepareImage(context: {
  readonly layout: StoreLayout;
  readonly image: Image;
  readonly manifests: readonly StoredManifest[];
  readonly temporary: Temporary;
  readonly drafts: Map<Digest, string>;
  readonly signal: AbortSignal | undefined;
}): Promise<PreparedImage> {
  const { layout, image, manifests, temporary, drafts, signal } = context;
  const given = image.rawManifest;
  const stored = new Map(manifests.flatMap(({ layers }) => layers.map((layer) => [layer.diffId, layer])));
  const layers: PreparedBlob[] = [];
  for (const layer of image.layers) {
    const own = given === undefined ? undefined : await layer.blob?.(signal);
    const there = stored.get(layer.diffId);
    const usable = there !== undefined && (given === undefined || own?.digest === there.blob);
    if (usable && (await isThere(layout, there.blob))) {
      const descriptor = { mediaType: there.mediaType, digest: there.blob, size: there.blobBytes };
      layers.push({ descriptor, draft: undefined });
    } else layers.push(await draftLayer(layer, temporary, drafts, signal));
  }
  const config = await draftBytes(image.rawConfig, CONFIG_TYPE, temporary, drafts);
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  };
  const rawManifest = given ?? canonicalJson(document);
  if (given !== undefined) checkManifest(given, image, layers);
  const manifest = await draftBytes(rawManifest, mediaTypeOf(rawManifest), temporary, drafts);
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

async function draftBytes(
  bytes: Uint8Array,
  mediaType: string,
  temporary: Temporary,
  drafts: Map<Digest, string>,
): Promise<PreparedBlob> {
  const chunks = (async function* () {
    yield bytes;
  })();
  const digest = digestOf(bytes);
  const draft = drafts.get(digest) ?? join(temporary.directory, hexOf(digest));
  if (!drafts.has(digest)) await writeDraft(draft, chunks);
  drafts.set(digest, draft);
  return { descriptor: { mediaType, digest, size: bytes.length }, draft };
}

/** Writes a layer as its source keeps it, and checks that it is what its digest and its diffID say. */
async function draftLayer(
  layer: Layer,
  temporary: Temporary,
  drafts: Map<Digest, string>,
  signal: AbortSignal | undefined,
): Promise<PreparedBlob> {
  const blob = await layer.blob?.(signal);
  const digest = blob?.digest ?? layer.diffId;
  const known = drafts.get(digest);
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
    const diffId = await unpacked.finish();
    if (diffId !== layer.diffId)
      throw new OciError(
        'digest-mismatch',
        `the blob ${digest} unpacks to ${diffId}, not to layer ${layer.diffId}`,
      );
    drafts.set(digest, draft);
  }
  const { size } = await stat(draft);
  return { descriptor: { mediaType: blob?.mediaType ?? LAYER_TYPE, digest, size }, draft };
}

async function writeDraft(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  onChunk?: (chunk: Uint8Array) => Promise<void> | void,
): Promise<Digest> {
  const hash = createHash('sha256');
  const handle = await open(path, 'wx', 0o644);
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      await handle.writeFile(chunk);
      await onChunk?.(chunk);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return `sha256:${hash.digest('hex')}`;
}

/** Moves what was written into place. False when a blob is missing that was there before. */
async function moveIntoPlace(layout: StoreLayout, blobs: readonly PreparedBlob[]): Promise<boolean> {
  for (const { descriptor, draft } of blobs)
    if (draft === undefined && !(await isThere(layout, descriptor.digest))) return false;
  for (const { descriptor, draft } of blobs) {
    if (draft === undefined || (await isThere(layout, descriptor.digest))) continue;
    await renameDurably(draft, blobFile(layout, descriptor.digest));
  }
  return true;
}

async function isThere(layout: StoreLayout, digest: Digest): Promise<boolean> {
  return stat(blobFile(layout, digest)).then(
    (status) => status.isFile(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
