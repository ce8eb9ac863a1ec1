import { type FileHandle, open } from 'node:fs/promises';
import { decompress, SNIFF_BYTES, sniffCompression } from '../formats/compression.ts';
import { parseImageConfig } from '../formats/image-config.ts';
import { listOf, objectOf, parseJson, stringOf } from '../formats/json-shape.ts';
import type { Image } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import { imageFromParts } from '../mutate/make-image.ts';
import { openLayers } from './blob-layers.ts';
import { archiveBlobStore, type BlobStore, readDocument } from './blob-store.ts';
import { readRegion, readRegionWhole, regionOfDescriptor } from './file-region.ts';
import { listLayoutImages, openImageOfLayout } from './oci-layout.ts';
import { defaultSpoolDirectory, spoolStream } from './spool.ts';

export interface ArchiveOptions {
  /** Which image of an archive that holds several: one of its tags, or what `listArchivedImages` calls it. */
  readonly reference?: string;
  /** Where compressed layers are unpacked to, nameless; the system's temporary directory by default. */
  readonly spoolDirectory?: HostPath;
}

/**
 * Opens what `docker save` and `skopeo copy docker-archive:` write, old layout and new (Docker 25: an OCI layout with a
 * manifest.json), compressed or not, or an OCI layout in a tar. The file stays open until the image is disposed of.
 * Throws OciError `not-an-image`, `not-found`, `truncated`, `corrupt`, `hostile` or `unsupported`.
 */
export async function openDockerArchive(path: HostPath, options: ArchiveOptions = {}): Promise<Image> {
  return await openArchiveHandle(await openArchive(path), path, options);
}

/** Opens an OCI layout in a tar, compressed or not, also where the tar is a docker archive as well. Throws as `openDockerArchive`. */
export async function openOciArchive(path: HostPath, options: ArchiveOptions = {}): Promise<Image> {
  return await openArchiveHandle(await openArchive(path), path, options, 'layout');
}

/**
 * Writes a `docker save` stream to a nameless file of `directory`, so that nothing is left behind however the process
 * ends, and opens it. The space is freed when the image is disposed of.
 */
export async function spoolDockerArchive(
  stream: AsyncIterable<Uint8Array>,
  directory: HostPath,
  options: ArchiveOptions = {},
): Promise<Image> {
  const handle = await spoolStream(stream, directory);
  return await openArchiveHandle(handle, 'the saved image', { spoolDirectory: directory, ...options });
}

/** An image in an archive. */
export interface ArchivedImage {
  /** What `openDockerArchive` finds it by. */
  readonly reference: string;
  /** Names that it has there. */
  readonly tags: readonly string[];
}

/** Lists the images of an archive. Throws as `openDockerArchive`. */
export async function listArchivedImages(
  path: HostPath,
  spoolDirectory: HostPath = defaultSpoolDirectory(),
): Promise<readonly ArchivedImage[]> {
  const packed = await openArchive(path);
  let handle = packed;
  try {
    handle = await unpackArchive(packed, path, spoolDirectory);
    const store = await archiveBlobStore(handle, path);
    if (!isDockerArchive(store)) return await listLayoutImages(store);
    const manifests = await readManifests(store);
    return manifests.map(({ config, tags }) => ({ reference: tags[0] ?? config, tags }));
  } finally {
    await handle.close();
  }
}

function openArchive(path: HostPath): Promise<FileHandle> {
  return open(path, 'r').catch((cause: unknown) => {
    throw new OciError('not-found', `cannot open ${path}`, { cause });
  });
}

/** Takes the handle over. */
async function openArchiveHandle(
  packed: FileHandle,
  label: string,
  options: ArchiveOptions,
  wanted: 'any' | 'layout' = 'any',
): Promise<Image> {
  const spoolDirectory = options.spoolDirectory ?? defaultSpoolDirectory();
  let handle = packed;
  try {
    handle = await unpackArchive(packed, label, spoolDirectory);
    const store = await archiveBlobStore(handle, label);
    const context = { store, spoolDirectory, close: () => handle.close(), reference: options.reference };
    if (wanted === 'layout' && !store.has('index.json'))
      throw new OciError('not-an-image', `${label} has no index.json: it is no OCI layout`);
    const byManifest = wanted === 'any' && isDockerArchive(store);
    return byManifest ? await openByManifest(context) : await openImageOfLayout(context);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** False for an OCI layout in a tar. */
function isDockerArchive(store: BlobStore): boolean {
  if (store.has('manifest.json')) return true;
  if (store.has('index.json')) return false;
  const old = store.has('repositories') ? ': it was saved by a Docker before 1.10' : '';
  throw new OciError(
    old === '' ? 'not-an-image' : 'unsupported',
    `${store.label} has no manifest.json${old}`,
  );
}

async function unpackArchive(
  packed: FileHandle,
  label: string,
  spoolDirectory: HostPath,
): Promise<FileHandle> {
  const region = regionOfDescriptor(packed.fd);
  const headBytes = Math.min(SNIFF_BYTES, region.lengthBytes);
  const compression = sniffCompression(
    readRegionWhole({ ...region, lengthBytes: headBytes }, SNIFF_BYTES, label),
  );
  if (compression === 'none') return packed;
  const handle = await spoolStream(decompress(readRegion(region), compression, label), spoolDirectory);
  await packed.close();
  return handle;
}

/** The images of manifest.json: where the config and the layers are, and the names. */
async function readManifests(store: BlobStore) {
  const manifests = listOf(
    parseJson(await readDocument(store, 'manifest.json'), 'manifest.json'),
    'manifest.json',
  );
  return manifests.map((value) => {
    const manifest = objectOf(value, 'an image of manifest.json');
    return {
      config: stringOf(manifest.Config, 'Config'),
      tags: listOf(manifest.RepoTags, 'RepoTags').map((tag) => stringOf(tag, 'a tag')),
      layers: listOf(manifest.Layers, 'Layers').map((layer) => stringOf(layer, 'a layer')),
    };
  });
}

async function openByManifest(context: {
  readonly store: BlobStore;
  readonly spoolDirectory: HostPath;
  readonly close: () => Promise<void>;
  readonly reference: string | undefined;
}): Promise<Image> {
  const { store, reference } = context;
  const images = await readManifests(store);
  const image =
    reference === undefined
      ? images[0]
      : images.find(({ tags, config }) => config === reference || isNamed(tags, reference));
  if (image === undefined) {
    const known = images.flatMap(({ tags }) => tags).join(', ');
    throw new OciError(
      'not-found',
      `${store.label} holds no image ${reference ?? ''}; it holds ${known || 'none'}`,
    );
  }
  const rawConfig = await readDocument(store, image.config);
  const diffIds = parseImageConfig(rawConfig).rootfs.diff_ids;
  if (diffIds.length !== image.layers.length) {
    throw new OciError(
      'corrupt',
      `${store.label} has ${image.layers.length} layers where its config names ${diffIds.length}`,
    );
  }
  const blobs = diffIds.map((diffId, index) => ({ diffId, name: image.layers[index] ?? '' }));
  const { layers, dispose } = openLayers(store, blobs, context.spoolDirectory);
  return imageFromParts({
    reference: reference ?? image.tags[0] ?? store.label,
    rawConfig,
    layers,
    dispose: async () => {
      await dispose();
      await context.close();
    },
  });
}

/** Tools write the same name in full (`docker.io/library/app:latest`) or as it was typed. */
function isNamed(tags: readonly string[], reference: string): boolean {
  const full = /:[^/]*$/.test(reference) ? reference : `${reference}:latest`;
  const names = ['', 'docker.io/', 'docker.io/library/', 'localhost/'].map((prefix) => prefix + full);
  return tags.some((tag) => tag === reference || names.includes(tag));
}
