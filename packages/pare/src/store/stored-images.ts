import { type Digest, type ImageConfig, parseDigest, parseImageConfig } from '@pare/oci';
import * as v from 'valibot';
import { PareError } from '../model/pare-error.ts';
import type { StoredImage, StoredLayer } from '../ports/image-store.ts';
import type { IndexEntry } from './store-index.ts';
import { readBlobDocument, type StoreLayout } from './store-layout.ts';

const descriptor = v.object({ mediaType: v.string(), digest: v.string(), size: v.number() });
const manifestSchema = v.object({ config: descriptor, layers: v.array(descriptor) });

/** A manifest of the store with what it names. */
export interface StoredManifest {
  readonly digest: Digest;
  readonly bytes: number;
  readonly rawManifest: Uint8Array;
  readonly config: { readonly digest: Digest; readonly bytes: number };
  readonly rawConfig: Uint8Array;
  readonly parsedConfig: ImageConfig;
  readonly layers: readonly (StoredLayer & { readonly mediaType: string })[];
}

/** What the index has, and what of it cannot be read. */
export interface ReadImages {
  readonly manifests: readonly StoredManifest[];
  readonly images: readonly StoredImage[];
  readonly broken: readonly {
    readonly manifest: Digest;
    readonly tags: readonly string[];
    readonly error: PareError;
  }[];
}

/** Manifests that this process has read: what a digest names does not change. */
export type KnownManifests = Map<Digest, StoredManifest>;

/** Reads and checks a manifest and its config, or gives the known one. Throws PareError `image-invalid`, OciError. */
export async function readManifest(
  layout: StoreLayout,
  digest: Digest,
  known: KnownManifests = new Map(),
): Promise<StoredManifest> {
  const manifest = known.get(digest) ?? (await readAndCheck(layout, digest));
  known.set(digest, manifest);
  return manifest;
}

async function readAndCheck(layout: StoreLayout, digest: Digest): Promise<StoredManifest> {
  const rawManifest = await readBlobDocument(layout, digest);
  const { config, layers } = parseManifest(rawManifest, digest);
  const configDigest = parseDigest(config.digest, 'a config');
  const rawConfig = await readBlobDocument(layout, configDigest);
  const parsedConfig = parseImageConfig(rawConfig);
  const { diff_ids: diffIds } = parsedConfig.rootfs;
  if (diffIds.length !== layers.length) {
    throw new PareError(
      'image-invalid',
      `the manifest ${digest} has ${layers.length} layers where its config names ${diffIds.length}`,
    );
  }
  return {
    digest,
    bytes: rawManifest.length,
    rawManifest,
    config: { digest: configDigest, bytes: rawConfig.length },
    rawConfig,
    parsedConfig,
    layers: layers.map((layer, at) => {
      const blob = parseDigest(layer.digest, 'a layer');
      return { diffId: diffIds[at] ?? blob, blob, blobBytes: layer.size, mediaType: layer.mediaType };
    }),
  };
}

/** A manifest's document. Throws PareError `image-invalid`. */
export function parseManifest(bytes: Uint8Array, digest: Digest): v.InferOutput<typeof manifestSchema> {
  try {
    return v.parse(manifestSchema, JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (cause) {
    throw new PareError('image-invalid', `${digest} is no image manifest`, { cause });
  }
}

/** Reads all that the index names. What is damaged is told apart, so that the rest stays usable. */
export async function readImages(
  layout: StoreLayout,
  entries: readonly IndexEntry[],
  known?: KnownManifests,
): Promise<ReadImages> {
  const tags = new Map<Digest, string[]>();
  for (const { manifest, tag } of entries) {
    const known = tags.get(manifest) ?? [];
    if (tag !== undefined) known.push(tag);
    tags.set(manifest, known);
  }
  const broken: ReadImages['broken'][number][] = [];
  const read = await Promise.all(
    [...tags].map(async ([digest, own]) => {
      try {
        return [await readManifest(layout, digest, known)];
      } catch (cause) {
        broken.push({ manifest: digest, tags: own, error: asPareError(cause, digest) });
        return [];
      }
    }),
  );
  const manifests = read.flat();
  const users = countUsers(manifests);
  const images = manifests.map((manifest) => describe(manifest, tags.get(manifest.digest) ?? [], users));
  return { manifests, images: images.toSorted(byName), broken };
}

function asPareError(cause: unknown, digest: Digest): PareError {
  if (cause instanceof PareError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PareError('image-invalid', `the image of manifest ${digest} cannot be read: ${why}`, { cause });
}

/** The blobs of an image with their lengths, each once. */
export function blobsOf(manifest: StoredManifest): ReadonlyMap<Digest, number> {
  return new Map([
    [manifest.digest, manifest.bytes],
    [manifest.config.digest, manifest.config.bytes],
    ...manifest.layers.map(({ blob, blobBytes }): [Digest, number] => [blob, blobBytes]),
  ]);
}

function countUsers(manifests: readonly StoredManifest[]): ReadonlyMap<Digest, number> {
  const users = new Map<Digest, number>();
  for (const manifest of manifests)
    for (const blob of blobsOf(manifest).keys()) users.set(blob, (users.get(blob) ?? 0) + 1);
  return users;
}

function describe(
  manifest: StoredManifest,
  tags: readonly string[],
  users: ReadonlyMap<Digest, number>,
): StoredImage {
  let uniqueBytes = 0;
  let sharedBytes = 0;
  for (const [blob, bytes] of blobsOf(manifest)) {
    if ((users.get(blob) ?? 0) > 1) sharedBytes += bytes;
    else uniqueBytes += bytes;
  }
  const { architecture, os, created } = manifest.parsedConfig;
  return {
    id: manifest.config.digest,
    manifestDigest: manifest.digest,
    tags: tags.toSorted(),
    architecture,
    os,
    created,
    layers: manifest.layers.map(({ diffId, blob, blobBytes }) => ({ diffId, blob, blobBytes })),
    sizeBytes: uniqueBytes + sharedBytes,
    uniqueBytes,
    sharedBytes,
  };
}

function byName(left: StoredImage, right: StoredImage): number {
  const [a, b] = [left.tags[0], right.tags[0]];
  if ((a === undefined) !== (b === undefined)) return a === undefined ? 1 : -1;
  return (a ?? left.id) < (b ?? right.id) ? -1 : 1;
}
