import { createHash, randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { digestHex, digestOf } from '../formats/digest.ts';
import { canonicalJson, listOf, objectOf, parseJson } from '../formats/json-shape.ts';
import type { Digest } from '../model/entry.ts';
import type { Image } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import { writeFully } from '../sources/spool.ts';

const REFERENCE_ANNOTATION = 'org.opencontainers.image.ref.name';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Writes an image into an OCI layout directory (OCI image spec, "Image Layout"), which is made when it is not there;
 * images that it has stay, one of the same `reference` is replaced. Layers are stored uncompressed, so equal images
 * give equal manifests. Each file is synced and renamed into place and index.json comes last, so that a reader never
 * sees half an image. Throws OciError `digest-mismatch` when a layer's tar is not what its diffID says, `corrupt` when
 * the directory has an index.json that is none.
 */
export async function writeOciLayout(
  image: Image,
  directory: HostPath,
  reference: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true });
  const layers: Descriptor[] = [];
  for (const layer of image.layers) {
    const size = await writeStream(blobPath(directory, layer.diffId), layer.tar(signal), layer.diffId);
    layers.push({ mediaType: LAYER_TYPE, digest: layer.diffId, size });
  }
  const config = await writeBlob(directory, CONFIG_TYPE, image.rawConfig);
  const manifest = { schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers };
  const descriptor = await writeBlob(directory, MANIFEST_TYPE, canonicalJson(manifest));
  await writeBytes(join(directory, 'oci-layout'), canonicalJson({ imageLayoutVersion: '1.0.0' }));
  const { architecture, os, variant } = image.config;
  const entry = {
    ...descriptor,
    platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
    annotations: { [REFERENCE_ANNOTATION]: reference },
  };
  const others = (await readIndex(directory)).filter((other) => referenceOf(other) !== reference);
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [...others, entry],
  };
  await writeBytes(join(directory, 'index.json'), canonicalJson(index));
}

async function readIndex(directory: HostPath): Promise<readonly unknown[]> {
  const bytes = await readFile(join(directory, 'index.json')).catch(() => undefined);
  if (bytes === undefined) return [];
  return listOf(objectOf(parseJson(bytes, 'index.json'), 'index.json').manifests, 'manifests');
}

function referenceOf(descriptor: unknown): unknown {
  const { annotations } = objectOf(descriptor, 'a descriptor of index.json');
  return annotations === undefined || annotations === null
    ? undefined
    : objectOf(annotations, 'annotations')[REFERENCE_ANNOTATION];
}

function blobPath(directory: HostPath, digest: Digest): string {
  return join(directory, 'blobs/sha256', digestHex(digest));
}

async function writeBlob(directory: HostPath, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  const digest = digestOf(bytes);
  await writeBytes(blobPath(directory, digest), bytes);
  return { mediaType, digest, size: bytes.length };
}

async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  const chunks = (async function* () {
    yield bytes;
  })();
  await writeStream(path, chunks, undefined);
}

/** Writes beside the target, syncs, and renames; returns the length. */
async function writeStream(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  digest: Digest | undefined,
): Promise<number> {
  const temporary = join(dirname(path), `.pare-${randomBytes(8).toString('hex')}`);
  const handle = await open(temporary, 'wx', 0o644);
  try {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    for await (const chunk of chunks) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      await writeFully(handle, chunk);
    }
    if (digest !== undefined && `sha256:${hash.digest('hex')}` !== digest) {
      throw new OciError('digest-mismatch', `the tar of layer ${digest} has another digest`);
    }
    await handle.sync();
    await handle.close();
    await rename(temporary, path);
    await syncDirectory(dirname(path));
    return sizeBytes;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A rename is durable once its directory is synced (fsync(2)). */
async function syncDirectory(path: string): Promise<void> {
  const handle: FileHandle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
