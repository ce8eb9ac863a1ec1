import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  canonicalJson,
  type Digest,
  type FileTree,
  type HostPath,
  hostPath,
  OciError,
  openLayerIndexCache,
} from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { ImageParts, ImageStore, StoredImage } from '../ports/image-store.ts';
import { collectStoreGarbage, removeAbandoned } from './collect-garbage.ts';
import { composeImage } from './compose-image.ts';
import { contentBytesOf } from './content-bytes.ts';
import { syncBlobs } from './draft-blobs.ts';
import { type HeldImages, imagePlace, openHeldImages } from './held-images.ts';
import { findImage, parseTagName } from './image-names.ts';
import { findKeptLinks } from './kept-links.ts';
import { findUnpacked, makeLayersDirectory, unpackImage } from './layer-directories.ts';
import { leasedPlaces } from './leases.ts';
import { linkLayer } from './link-layer.ts';
import { type OpenContext, openStoredImage } from './open-image.ts';
import { putImage } from './put-image.ts';
import { receiveImage } from './receive-image.ts';
import { readStoreIndex, withoutImages, withoutTag, withTags, writeStoreIndex } from './store-index.ts';
import { layoutOf, type StoreLayout } from './store-layout.ts';
import { takeLock } from './store-lock.ts';
import { defaultStoreRoot } from './store-root.ts';
import { openStoreThread } from './store-thread.ts';
import { type KnownManifests, type ReadImages, readImages, readManifest } from './stored-images.ts';
import { type FoundContents, findContents, findReadable } from './unpacked-contents.ts';

/**
 * Opens the store at `root`, which is made when it is not there, and removes what killed processes left half made. No file is held
 * open. Throws PareError `usage` where the directory cannot be made.
 */
export async function openImageStore(options: {
  readonly cacheDirectory: HostPath;
  readonly root?: HostPath;
}): Promise<ImageStore> {
  const layout = layoutOf(options.root ?? defaultStoreRoot());
  await makeStore(layout);
  await removeAbandoned(layout);
  const cache = openLayerIndexCache(hostPath(join(options.cacheDirectory, 'layer-indexes')));

  const checked = new Set<Digest>();
  const indexes: OpenContext['indexes'] = new Map();
  const manifests: KnownManifests = new Map();
  /** The sizes of the files of layers that were written here. */
  const written = new Map<Digest, number>();
  const thread = openStoreThread();
  const held = openHeldImages(layout);

  /** Who runs and writes the same paths, side by side or one after the other, has each directory looked at once. */
  const searches = new WeakMap<FileTree, { readonly found: FoundContents; last: Promise<unknown> }>();
  const contentsOf = async (
    parts: ImageParts,
    find: typeof findContents | typeof findReadable,
    turn?: () => Promise<void>,
  ) => {
    const search = searches.get(parts.tree) ?? {
      found: { at: undefined, paths: new Set(), plain: new Map() },
      last: Promise.resolve(),
    };
    searches.set(parts.tree, search);
    const finding = search.last.then(() => find(layout, parts, search.found, turn));
    search.last = finding.catch(() => undefined);
    return finding;
  };

  const read = async (): Promise<ReadImages> => readImages(layout, await readStoreIndex(layout), manifests);
  const open = async (image: StoredImage, reference: string) => {
    const manifest = await readManifest(layout, image.manifestDigest, manifests);
    const unpacked = await findUnpacked(
      layout,
      manifest.layers.map(({ diffId }) => diffId),
    );
    return openStoredImage({ layout, cache, unpacked, checked, indexes }, manifest, reference);
  };
  const resolve = async (reference: string): Promise<StoredImage> => find(await read(), reference, layout);

  return {
    root: layout.root,
    list: async () => (await read()).images,
    resolve,
    open: (reference) => asPareErrors(async () => open(await resolve(reference), reference)),
    contentBytes: (reference) =>
      asPareErrors(async () => {
        await using image = await open(await resolve(reference), reference);
        return await contentBytesOf(layout, image, written);
      }),
    put: (image, { tags = [], signal } = {}) =>
      asPareErrors(async () => {
        const names = tags.map(parseTagName);
        const manifest = await putImage(layout, image, names, { checked, signal });
        const { images } = await read();
        const stored = images.find(({ manifestDigest }) => manifestDigest === manifest);
        if (stored !== undefined) return stored;
        throw new PareError('image-not-found', `${image.reference} was removed while it was stored`);
      }),
    receive: (archive, { signal, hashed } = {}) =>
      asPareErrors(async () => {
        const { id, diffIds } = await receiveImage(layout, archive, { held, signal, hashed });
        for (const diffId of diffIds) checked.add(diffId);
        return id;
      }),
    layerDirectories: (reference, signal) =>
      asPareErrors(async () => {
        await using image = await open(await resolve(reference), reference);
        return await unpackImage(layout, image, signal);
      }),
    expectImage: () => thread.start(),
    linkLayer: (parts, options = {}) =>
      asPareErrors(async () => {
        const kept = options.keep === true ? await findKeptLinks(layout, parts, options) : undefined;
        if (kept !== undefined) return kept;
        const find = (some: ImageParts) => contentsOf(some, findContents, options.turn);
        return await linkLayer(layout, parts, { ...options, find, thread });
      }),
    compose: (parts, { beforeStored, signal }) =>
      asPareErrors(async () => {
        const contents = await contentsOf(parts, findReadable);
        if (contents === undefined) return undefined;
        const stored = await composeImage(layout, parts, contents, { beforeStored, held, signal, thread });
        for (const diffId of stored?.diffIds ?? []) {
          checked.add(diffId);
          if (stored !== undefined) written.set(diffId, stored.contentBytes);
        }
        return stored;
      }),
    tag: (reference, name) => tagImage(layout, held, reference, parseTagName(name)),
    untag: (name) => untagImage(layout, parseTagName(name)),
    remove: (id) => removeImage(layout, held, id),
    collectGarbage: ({ dryRun = false } = {}) => collectStoreGarbage(layout, dryRun),
    async [Symbol.asyncDispose]() {
      await held[Symbol.asyncDispose]();
      // It was started for an image that never came.
      await thread.rest();
    },
  };
}

async function makeStore(layout: StoreLayout): Promise<void> {
  try {
    await mkdir(layout.root, { recursive: true, mode: 0o700 });
    await mkdir(layout.blobs, { recursive: true });
    await mkdir(layout.temporary, { recursive: true });
    await mkdir(layout.leases, { recursive: true });
    await makeLayersDirectory(layout);
    const marker = canonicalJson({ imageLayoutVersion: '1.0.0' });
    await writeFile(join(layout.root, 'oci-layout'), marker, { flag: 'wx' }).catch(ignoreExisting);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // EEXIST: a file where a directory should be (mkdir(2)).
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ELOOP'].includes(code ?? '')) throw cause;
    throw new PareError('usage', `the image store ${layout.root} cannot be written: ${code}`, {
      hint: 'set XDG_DATA_HOME to a directory of your own',
      cause,
    });
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

function find({ images, broken }: ReadImages, reference: string, { root }: StoreLayout): StoredImage {
  const image = findImage(images, reference);
  if (image !== undefined) return image;
  const damaged = broken.find(({ manifest, tags }) =>
    [manifest, ...tags, ...tags.map((tag) => tag.replace(/:latest$/, ''))].includes(reference),
  );
  if (damaged !== undefined) throw damaged.error;
  throw new PareError('image-not-found', `no image ${reference} in the store ${root}`, {
    hint: 'pare images lists what is there; pare pull and pare load bring images in',
  });
}

/** A fault of an image in the store's words. */
async function asPareErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC')
      throw new PareError('disk-full', 'no space is left for the image store', { cause: error });
    if (!(error instanceof OciError)) throw error;
    const full = error.code === 'too-large' && error.message === 'the disk is full';
    throw new PareError(full ? 'disk-full' : 'image-invalid', error.message, { cause: error });
  }
}

async function tagImage(
  layout: StoreLayout,
  held: HeldImages,
  reference: string,
  tag: string,
): Promise<string> {
  await using _lock = await takeLock(layout.lock);
  const entries = await readStoreIndex(layout);
  const { id, manifestDigest, layers } = find(await readImages(layout, entries), reference, layout);
  const entry = entries.find(({ manifest }) => manifest === manifestDigest);
  // What `receive` took in may not be on the disk yet.
  await syncBlobs(layout, [manifestDigest, id, ...layers.map(({ blob }) => blob)]);
  if (entry !== undefined) await writeStoreIndex(layout, withTags(entries, entry, [tag]));
  await held.release(manifestDigest);
  return tag;
}

async function untagImage(layout: StoreLayout, tag: string): Promise<void> {
  await using _lock = await takeLock(layout.lock);
  const entries = await readStoreIndex(layout);
  if (!entries.some((entry) => entry.tag === tag)) {
    throw new PareError('image-not-found', `no image ${tag} in the store ${layout.root}`, {
      hint: 'pare images lists what is there',
    });
  }
  await writeStoreIndex(layout, withoutTag(entries, tag));
}

async function removeImage(layout: StoreLayout, held: HeldImages, id: Digest): Promise<boolean> {
  const isGone = await dropEntries(layout, held, id);
  await collectStoreGarbage(layout, false);
  return isGone;
}

/** An image that cannot be read has no known ID: it goes by its manifest's digest. */
async function dropEntries(layout: StoreLayout, held: HeldImages, id: Digest): Promise<boolean> {
  await using _lock = await takeLock(layout.lock);
  const entries = await readStoreIndex(layout);
  const { images } = await readImages(layout, entries);
  const manifests = new Set<Digest>([
    id,
    ...images.filter((image) => image.id === id).map(({ manifestDigest }) => manifestDigest),
  ]);
  for (const manifest of manifests) await held.release(manifest);
  const leased = await leasedPlaces(layout);
  const left = withoutImages(entries, manifests, (manifest) => leased.has(imagePlace(manifest)));
  if (entries.some(({ manifest }) => manifests.has(manifest))) await writeStoreIndex(layout, left);
  return left.every(({ manifest }) => !manifests.has(manifest));
}
