import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { digestHex, digestOf, parseDigest } from '../formats/digest.ts';
import { parseImageConfig } from '../formats/image-config.ts';
import { type JsonObject, listOf, objectOf, parseJson } from '../formats/json-shape.ts';
import type { Digest } from '../model/entry.ts';
import type { Image } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import { imageFromParts } from '../mutate/make-image.ts';
import { openLayers } from './blob-layers.ts';
import { type BlobStore, directoryBlobStore, readDocument } from './blob-store.ts';
import { defaultSpoolDirectory } from './spool.ts';

const REFERENCE_ANNOTATION = 'org.opencontainers.image.ref.name';
const NAME_ANNOTATION = 'io.containerd.image.name';
const INDEX_TYPES: readonly unknown[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const NESTING_LIMIT = 4;

/**
 * Opens an image of an OCI layout directory (OCI image spec, "Image Layout"). `reference` is the value of its
 * `org.opencontainers.image.ref.name` annotation or its manifest's digest; it may be left out where there is one image,
 * or one for this machine's architecture. Throws OciError `not-an-image`, `not-found`, `corrupt` or `digest-mismatch`.
 */
export async function openOciLayout(directory: HostPath, reference?: string): Promise<Image> {
  const blobs = await readdir(join(directory, 'blobs/sha256')).catch(() => []);
  const documents = await readdir(directory).catch((cause: unknown) => {
    throw new OciError('not-found', `cannot read ${directory}`, { cause });
  });
  const store = directoryBlobStore(
    directory,
    new Set([...documents, ...blobs.map((name) => `blobs/sha256/${name}`)]),
  );
  if (!store.has('oci-layout') || !store.has('index.json')) {
    throw new OciError('not-an-image', `${directory} is no OCI layout: it lacks oci-layout or index.json`);
  }
  return await openImageOfLayout({
    store,
    spoolDirectory: defaultSpoolDirectory(),
    close: () => Promise.resolve(),
    reference,
  });
}

/** What an image of a layout is opened from; `close` releases the store. */
export interface LayoutContext {
  readonly store: BlobStore;
  readonly spoolDirectory: HostPath;
  readonly close: () => Promise<void>;
  readonly reference: string | undefined;
}

/** Opens an image of a layout, wherever its blobs are. */
export async function openImageOfLayout({
  store,
  spoolDirectory,
  close,
  reference,
}: LayoutContext): Promise<Image> {
  const index = objectOf(parseJson(await readDocument(store, 'index.json'), 'index.json'), 'index.json');
  const rawManifest = await readBlob(store, await chooseManifest(store, index, reference));
  const manifest = objectOf(parseJson(rawManifest, 'the manifest'), 'the manifest');
  const rawConfig = await readBlob(store, digestIn(manifest.config, 'the config of a manifest'));
  const diffIds = parseImageConfig(rawConfig).rootfs.diff_ids;
  const named = listOf(manifest.layers, 'layers').map((value) => {
    const { mediaType } = objectOf(value, 'a layer of a manifest');
    return { digest: digestIn(value, 'a layer of a manifest'), mediaType: String(mediaType) };
  });
  if (diffIds.length !== named.length) {
    throw new OciError(
      'corrupt',
      `${store.label} has ${named.length} layers where its config names ${diffIds.length}`,
    );
  }
  const blobs = named.map(({ digest, mediaType }, at) => ({
    diffId: diffIds[at] ?? digest,
    name: blobName(digest),
    stored: { digest, mediaType },
  }));
  const { layers, dispose } = openLayers(store, blobs, spoolDirectory);
  const image = imageFromParts({
    reference: reference ?? store.label,
    rawConfig,
    layers,
    dispose: async () => {
      await dispose();
      await close();
    },
  });
  return { ...image, rawManifest };
}

/** Lists the images of a layout, each manifest once, with the names that are its own. */
export async function listLayoutImages(
  store: BlobStore,
): Promise<readonly { readonly reference: Digest; readonly tags: readonly string[] }[]> {
  const index = objectOf(parseJson(await readDocument(store, 'index.json'), 'index.json'), 'index.json');
  const names = new Map<Digest, Set<string>>();
  for (const found of await flatten(store, index, NESTING_LIMIT)) {
    const known = names.get(found.digest) ?? new Set();
    for (const name of found.names) if (!/^sha256:/.test(name)) known.add(name);
    names.set(found.digest, known);
  }
  return [...names].map(([reference, tags]) => ({ reference, tags: [...tags] }));
}

async function chooseManifest(
  store: BlobStore,
  index: JsonObject,
  reference: string | undefined,
): Promise<Digest> {
  const all = await flatten(store, index, NESTING_LIMIT);
  const named =
    reference === undefined
      ? all
      : all.filter(({ names, digest }) => digest === reference || names.includes(reference));
  const [first] = named;
  if (first === undefined)
    throw new OciError('not-found', `${store.label} holds no image ${reference ?? ''}`);
  const digests = new Set(named.map(({ digest }) => digest));
  if (digests.size === 1) return first.digest;
  const fitting = named.filter(({ architecture }) => architecture === hostArchitecture());
  const [only] = fitting;
  if (only !== undefined && new Set(fitting.map(({ digest }) => digest)).size === 1) return only.digest;
  const known = all.flatMap(({ names }) => names).join(', ');
  throw new OciError('not-found', `${store.label} holds ${digests.size} images; name one of them: ${known}`);
}

interface FoundManifest {
  readonly digest: Digest;
  readonly names: readonly string[];
  readonly architecture: string | undefined;
}

/** The image manifests of an index and of the indexes in it; attestations (BuildKit) are no images. */
async function flatten(
  store: BlobStore,
  index: JsonObject,
  nesting: number,
  outerNames: readonly string[] = [],
): Promise<FoundManifest[]> {
  if (nesting === 0) throw new OciError('hostile', `${store.label} nests indexes too deep`);
  const found: FoundManifest[] = [];
  for (const value of listOf(index.manifests, 'manifests')) {
    const descriptor = objectOf(value, 'a descriptor');
    const digest = parseDigest(descriptor.digest, 'the digest of a manifest');
    const annotations = optionalObject(descriptor.annotations);
    const platform = optionalObject(descriptor.platform);
    if (annotations['vnd.docker.reference.type'] !== undefined || platform.os === 'unknown') continue;
    const own = [annotations[REFERENCE_ANNOTATION], annotations[NAME_ANNOTATION]];
    const names = [...outerNames, ...own.filter((name) => typeof name === 'string')];
    if (INDEX_TYPES.includes(descriptor.mediaType)) {
      // An index of many platforms may lack the blobs of those that were not fetched.
      if (store.has(blobName(digest))) {
        const inner = objectOf(parseJson(await readBlob(store, digest), 'an index'), 'an index');
        if (outerNames.includes(digest))
          throw new OciError('hostile', `${store.label} nests an index in itself`);
        found.push(...(await flatten(store, inner, nesting - 1, [...names, digest])));
      }
    } else if (store.has(blobName(digest))) {
      found.push({
        digest,
        names,
        architecture: typeof platform.architecture === 'string' ? platform.architecture : undefined,
      });
    }
  }
  return found;
}

/** Reads a document by digest and checks it. */
async function readBlob(store: BlobStore, digest: Digest): Promise<Uint8Array> {
  const bytes = await readDocument(store, blobName(digest));
  if (digestOf(bytes) !== digest)
    throw new OciError('digest-mismatch', `${store.label}: a blob is not ${digest}`);
  return bytes;
}

function digestIn(descriptor: unknown, what: string): Digest {
  return parseDigest(objectOf(descriptor, what).digest, what);
}

function optionalObject(value: unknown): JsonObject {
  return value === undefined || value === null ? {} : objectOf(value, 'a member of a descriptor');
}

function blobName(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}

/** This machine's architecture in the image spec's words (Go's GOARCH). */
function hostArchitecture(): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
  return names[process.arch] ?? process.arch;
}
