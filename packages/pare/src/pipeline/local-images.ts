import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type ArchivedImage,
  type HostPath,
  hostPath,
  listArchivedImages,
  openDockerArchive,
  writeDockerArchive,
} from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { ImageStore, StoredImage } from '../ports/image-store.ts';
import type { Progress } from '../ports/progress.ts';
import { writeArchiveFile } from '../sources/write-sink.ts';
import { openImageStore } from '../store/image-store.ts';
import { defaultCacheDirectory } from './cache-directory.ts';
import { openRun } from './run-context.ts';

/** The user's image store. */
export function openLocalStore(): Promise<ImageStore> {
  return openImageStore({ cacheDirectory: defaultCacheDirectory() });
}

/** Where `pare load` reads from and `pare save` writes to. */
export type ArchivePlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stream'; readonly stream: NodeJS.ReadStream | NodeJS.WriteStream };

/**
 * Takes all images of an archive into the store: what `docker save`, `podman save` and `skopeo` write, or an OCI layout in a
 * tar, compressed or not. `tag` names the image of an archive that holds one. Throws PareError `usage` where it holds
 * several, and what reading an archive throws. With `unpack` the layers are unpacked as the embedded engine will want them; an image stays
 * that was stored and could not be unpacked.
 */
export async function loadImages(
  input: { readonly from: ArchivePlace; readonly unpack: boolean; readonly tag?: string },
  context: { readonly signal: AbortSignal; readonly progress: Progress },
): Promise<readonly StoredImage[]> {
  await using run = await openRun();
  const store = await openLocalStore();
  const file = await fileOf(input.from, run.directory, context.signal);
  const listed = await listArchivedImages(file, run.directory);
  if (input.tag !== undefined && listed.length !== 1) {
    throw new PareError('usage', `the archive holds ${listed.length} images: --tag fits only one`, {
      hint: 'load them with their own names, and use pare tag then',
      details: listed.map(({ reference }) => reference),
    });
  }
  const loaded: StoredImage[] = [];
  for (const archived of listed) {
    const stage = context.progress.stage(`load ${archived.reference}`);
    try {
      const options = { tag: input.tag, directory: run.directory, ...context };
      const stored = await loadOne(store, file, archived, options);
      if (input.unpack)
        await (await store.layerDirectories(stored.id, context.signal))[Symbol.asyncDispose]();
      loaded.push(stored);
      stage.done();
    } catch (error) {
      stage.failed();
      throw error;
    }
  }
  return loaded;
}

async function loadOne(
  store: ImageStore,
  file: HostPath,
  { reference, tags }: ArchivedImage,
  options: { readonly tag: string | undefined; readonly directory: HostPath; readonly signal: AbortSignal },
): Promise<StoredImage> {
  await using image = await openDockerArchive(file, { reference, spoolDirectory: options.directory });
  return await store.put(image, {
    tags: options.tag === undefined ? tags : [options.tag],
    signal: options.signal,
  });
}

async function fileOf(place: ArchivePlace, directory: HostPath, signal: AbortSignal): Promise<HostPath> {
  if (place.kind === 'file') return hostPath(place.path);
  const path = join(directory, 'archive');
  await pipeline(place.stream as NodeJS.ReadStream, createWriteStream(path, { flags: 'wx' }), { signal });
  return hostPath(path);
}

/** Writes an image of the store as `docker load` takes it, with its tags, or with the one it is asked for by. */
export async function saveImage(
  input: { readonly reference: string; readonly to: ArchivePlace },
  signal: AbortSignal,
): Promise<StoredImage> {
  const store = await openLocalStore();
  const stored = await store.resolve(input.reference);
  const asked = stored.tags.filter((tag) => tag === input.reference || tag === `${input.reference}:latest`);
  await using image = await store.open(stored.id);
  const archive = writeDockerArchive(image, asked.length > 0 ? asked : stored.tags, signal);
  if (input.to.kind === 'stream') {
    await pipeline(Readable.from(archive), input.to.stream as NodeJS.WriteStream, { signal, end: false });
  } else await writeArchiveFile(input.to.path, archive);
  return stored;
}

/** What `pare rmi` did. */
export interface RemovedImages {
  readonly untagged: readonly string[];
  readonly removed: readonly string[];
  /** Without a name, for another run that has made the same and is about to name it. */
  readonly kept: readonly string[];
  readonly freedBytes: number;
}

/**
 * Takes names away, and removes images that have none left. Named by its ID, an image goes with all its names, several only by `force`.
 * Throws PareError `image-not-found` and `usage`; what came before the one that failed is done.
 */
export async function removeImages(references: readonly string[], force: boolean): Promise<RemovedImages> {
  const store = await openLocalStore();
  const untagged: string[] = [];
  const removed: string[] = [];
  const kept: string[] = [];
  const before = await totalBytes(store);
  for (const reference of references) {
    const image = await store.resolve(reference);
    const tag = image.tags.find((one) => one === reference || one === `${reference}:latest`);
    if (tag !== undefined && image.tags.length > 1) {
      await store.untag(tag);
      untagged.push(tag);
      continue;
    }
    if (tag === undefined && image.tags.length > 1 && !force) {
      throw new PareError('usage', `${reference} has ${image.tags.length} names`, {
        hint: 'remove it with all of them: --force',
        details: image.tags,
      });
    }
    const isGone = await store.remove(image.id);
    untagged.push(...image.tags);
    (isGone ? removed : kept).push(image.id);
  }
  return { untagged, removed, kept, freedBytes: before - (await totalBytes(store)) };
}

async function totalBytes(store: ImageStore): Promise<number> {
  const blobs = new Map<string, number>();
  for (const { layers, id, uniqueBytes, sharedBytes } of await store.list()) {
    const layerBytes = layers.reduce((sum, { blobBytes }) => sum + blobBytes, 0);
    blobs.set(id, uniqueBytes + sharedBytes - layerBytes);
    for (const { blob, blobBytes } of layers) blobs.set(blob, blobBytes);
  }
  return [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0);
}
