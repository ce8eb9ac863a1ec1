import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, findStaleDrafts, type HostPath, hostPath } from '@pare/oci';
import type { StoreGarbage } from '../ports/image-store.ts';
import { joinNameOf, linksNameOf, placeNameOf } from './layer-directories.ts';
import { leasedPlaces } from './leases.ts';
import { removeTree } from './remove-tree.ts';
import { readStoreIndex } from './store-index.ts';
import { blobFile, type StoreLayout } from './store-layout.ts';
import { takeLock } from './store-lock.ts';
import { blobsOf, type ReadImages, readImages } from './stored-images.ts';
import { findAbandoned, makeTemporary } from './temporary.ts';

/** Removes what killed processes left half made. */
export async function removeAbandoned(layout: StoreLayout): Promise<void> {
  for (const path of await abandonedPaths(layout)) await removeTree(path);
}

async function abandonedPaths(layout: StoreLayout): Promise<readonly HostPath[]> {
  return [
    ...(await findAbandoned(layout.temporary)),
    ...(await findAbandoned(layout.leases)),
    ...(await findStaleDrafts(layout.lock)).map(hostPath),
  ];
}

/** Removes blobs and unpacked layers that no image has, and what killed processes left; what is leased stays. */
export async function collectStoreGarbage(layout: StoreLayout, dryRun: boolean): Promise<StoreGarbage> {
  const abandoned = await abandonedPaths(layout);
  await using temporary = await makeTemporary(layout.temporary);
  await using _lock = await takeLock(layout.lock);
  const images = await readImages(layout, await readStoreIndex(layout));
  const blobs = await unnamedBlobs(layout, images);
  const places = await unusedPlaces(layout, images);
  const bytes = (await Promise.all(blobs.map((digest) => sizeOf(blobFile(layout, digest))))).reduce(
    (sum, size) => sum + size,
    0,
  );
  if (!dryRun) {
    for (const digest of blobs) await rm(blobFile(layout, digest), { force: true });
    // Moved while the lock is held, removed when `temporary` is disposed of: a large tree takes its time.
    for (const [at, place] of places.entries()) await rename(place, join(temporary.directory, String(at)));
    for (const path of abandoned) await removeTree(path);
  }
  return { blobs, directories: [...places, ...abandoned], bytes };
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

async function unnamedBlobs(layout: StoreLayout, images: ReadImages): Promise<readonly Digest[]> {
  const named = new Set<string>([
    ...images.manifests.flatMap((manifest) => [...blobsOf(manifest).keys()]),
    ...images.broken.map(({ manifest }) => manifest),
  ]);
  const digests = (await namesIn(layout.blobs)).map((name): Digest => `sha256:${name}`);
  return digests.filter((digest) => !named.has(digest));
}

async function unusedPlaces(layout: StoreLayout, { images }: ReadImages): Promise<readonly HostPath[]> {
  const wanted = new Set(
    images.flatMap(({ layers }) => {
      const diffIds = layers.map(({ diffId }) => diffId);
      return [...diffIds.map(placeNameOf), joinNameOf(diffIds), linksNameOf(diffIds)];
    }),
  );
  const leased = await leasedPlaces(layout);
  const unused: HostPath[] = [];
  for (const unpacker of await namesIn(layout.layers)) {
    for (const name of await namesIn(join(layout.layers, unpacker))) {
      if (wanted.has(name) || leased.has(join(unpacker, name))) continue;
      unused.push(hostPath(join(layout.layers, unpacker, name)));
    }
  }
  return unused;
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}
