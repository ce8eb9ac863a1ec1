import { createHash } from 'node:crypto';
import { open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestOf } from '@pare/oci';
import { syncPath } from './durable-file.ts';
import type { IndexEntry } from './store-index.ts';
import { blobFile, hexOf, type StoreLayout } from './store-layout.ts';
import type { Temporary } from './temporary.ts';

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
export const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

/** A blob of an image that is being put; `draft` is set where the store lacks it. */
export interface PreparedBlob {
  readonly descriptor: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
  readonly draft: string | undefined;
}

/** An image whose blobs are in the store or beside it, ready to be moved in. */
export interface PreparedImage {
  readonly blobs: readonly PreparedBlob[];
  readonly entry: Omit<IndexEntry, 'tag'>;
}

/** Where blobs are written before the store has them. */
export interface Drafts {
  readonly temporary: Temporary;
  /** What was written already, by digest. */
  readonly files: Map<Digest, string>;
}

/** Writes a small blob whose bytes are at hand, once. */
export async function draftBytes(
  bytes: Uint8Array,
  mediaType: string,
  { temporary, files }: Drafts,
): Promise<PreparedBlob> {
  const chunks = (async function* () {
    yield bytes;
  })();
  const digest = digestOf(bytes);
  const draft = files.get(digest) ?? join(temporary.directory, hexOf(digest));
  if (!files.has(digest)) await writeDraft(draft, chunks);
  files.set(digest, draft);
  return { descriptor: { mediaType, digest, size: bytes.length }, draft };
}

/** Writes a blob to a new file, hashing it on the way. It is not synced: `syncBlobs` does that for an image that must last. */
export async function writeDraft(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  onChunk?: (chunk: Uint8Array) => Promise<void> | void,
): Promise<Digest> {
  const hash = createHash('sha256');
  await writeChunks(path, chunks, async (chunk) => {
    hash.update(chunk);
    await onChunk?.(chunk);
  });
  return `sha256:${hash.digest('hex')}`;
}

/** How much is written before the disk is set to work on it. */
const bytesUntilSync = 16 * 1024 * 1024;

/**
 * Writes a new file; `onChunk` is called while the chunk is written. It is not sure to be on the disk then, but most of a large one is, so
 * that syncing it later takes little.
 */
export async function writeChunks(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  onChunk?: (chunk: Uint8Array) => Promise<void> | void,
): Promise<void> {
  const handle = await open(path, 'wx', 0o644);
  let unsyncedBytes = 0;
  let syncing: Promise<void> | undefined;
  try {
    for await (const chunk of chunks) {
      // The disk and the processor work side by side; a file is not closed while it is written to.
      const settled = await Promise.allSettled([handle.writeFile(chunk), (async () => onChunk?.(chunk))()]);
      for (const one of settled) if (one.status === 'rejected') throw one.reason;
      unsyncedBytes += chunk.length;
      if (unsyncedBytes < bytesUntilSync || syncing !== undefined) continue;
      unsyncedBytes = 0;
      // What it fails with, who syncs the whole will be told.
      syncing = handle.datasync().then(done, done);
    }
  } finally {
    await syncing;
    await handle.close();
  }

  function done(): void {
    syncing = undefined;
  }
}

/** Brings drafts to the disk, before anything names them there (fsync(2)). */
export async function syncDrafts(blobs: readonly PreparedBlob[]): Promise<void> {
  for (const { draft } of blobs) if (draft !== undefined) await syncPath(draft);
}

/**
 * Moves what was written into place, over what may be there of the same name: only the draft was hashed. False when a blob is missing that
 * was there before. To be called by the holder of the lock alone.
 */
export async function moveIntoPlace(layout: StoreLayout, blobs: readonly PreparedBlob[]): Promise<boolean> {
  for (const { descriptor, draft } of blobs)
    if (draft === undefined && !(await isThere(layout, descriptor))) return false;
  const files = new Map(
    blobs.flatMap(({ descriptor, draft }) => (draft === undefined ? [] : [[draft, descriptor.digest]])),
  );
  for (const [draft, digest] of files) await rename(draft, blobFile(layout, digest));
  return true;
}

/** Brings blobs of the store to the disk, with their names; those that are there already take no time. */
export async function syncBlobs(layout: StoreLayout, digests: Iterable<Digest>): Promise<void> {
  await Promise.all([...digests].map((digest) => syncPath(blobFile(layout, digest))));
  await syncPath(layout.blobs);
}

/**
 * Whether the store has a blob. One that was not on the disk when the machine went down is shorter than it should be, and counts as
 * missing.
 */
export async function isThere(
  layout: StoreLayout,
  { digest, size }: Pick<PreparedBlob['descriptor'], 'digest' | 'size'>,
): Promise<boolean> {
  return stat(blobFile(layout, digest)).then(
    (status) => status.isFile() && status.size === size,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
