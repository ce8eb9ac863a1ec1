import { openTarBlocks } from '../formats/tar/tar-blocks.ts';
import type { HardlinkEntry } from '../model/entry.ts';
import type { FileTree, TreeEntry, TreeFile } from '../model/file-tree.ts';
import { OciError } from '../model/oci-error.ts';
import { IMAGE_ROOT, type ImagePath, isDirectlyBelow, parentOf, sortPaths } from '../model/path.ts';

/** Small pieces are given out together, in chunks of about this size. */
const CHUNK_BYTES = 1024 * 1024;

/** Bytes of a tar, and files whose contents come in between. */
export interface LayerPortion {
  /** All that is no content, in memory of its own. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly files: readonly TreeFile[];
  /** How many of `bytes` come before the content of each file. */
  readonly offsets: readonly number[];
  readonly isLast: boolean;
}

/** What has so many files, or bytes without them, is a portion: made in some milliseconds. */
const PORTION_FILES = 250;
const PORTION_BYTES = 512 * 1024;

/** A layer's tar that is made as it is read. */
export interface LayerTar {
  /** Length of the whole tar, known before it is read. */
  readonly sizeBytes: number;
  /** The tar, once; each chunk is the reader's. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

/**
 * The tar of one layer with the given paths of a tree and every directory on the way to them. Equal entries give equal
 * bytes: sorted by path (parents first), exact owners, modes, times and attributes, no user names. Names of one inode
 * stay hardlinks of each other; sparse files are written out (Docker cannot save an image that has one). Throws OciError
 * `not-found` for a path that the tree lacks, at once, and `truncated` in reading for a content that is not as long as
 * its layer said.
 */
export function layerTar(tree: FileTree, paths: Iterable<ImagePath>, signal?: AbortSignal): LayerTar {
  const portions = [...layerPortions(tree, paths)];
  const sizeBytes = portions.reduce(
    (sum, { bytes, files }) => files.reduce((all, file) => all + file.sizeBytes, sum + bytes.length),
    0,
  );
  return { sizeBytes, chunks: gathered(contents(tree, portions, signal)) };
}

/** What the tar of `layerTar` is made of, in order, its contents still to be read. Throws as that does. */
export function* layerPortions(tree: FileTree, paths: Iterable<ImagePath>): Generator<LayerPortion> {
  const blocks = openTarBlocks(PORTION_BYTES);
  const entries = layerEntries(tree, paths);
  let files: TreeFile[] = [];
  let offsets: number[] = [];
  const put = (entry: TreeEntry | HardlinkEntry): void => {
    blocks.putHeader(entry);
    if (entry.kind !== 'file') return;
    files.push(entry);
    offsets.push(blocks.lengthBytes());
    blocks.putPadding(entry.sizeBytes);
  };
  for (let at = 0; at < entries.length; at += 1) {
    const entry = entries[at];
    if (entry !== undefined) put(entry);
    if (files.length < PORTION_FILES && blocks.lengthBytes() < PORTION_BYTES) continue;
    yield { bytes: blocks.take(), files, offsets, isLast: false };
    files = [];
    offsets = [];
  }
  blocks.putTrailer();
  yield { bytes: blocks.take(), files, offsets, isLast: true };
}

/** The entries of `layerTar`, in its order. Throws OciError `not-found` for a path that the tree lacks. */
export function layerEntries(
  tree: FileTree,
  paths: Iterable<ImagePath>,
): readonly (TreeEntry | HardlinkEntry)[] {
  const written = new Set<ImagePath>();
  const kept = withParents(tree, paths);
  const sorted = [...kept.keys()];
  sortPaths(sorted);
  return sorted.map((path) => {
    const entry = kept.get(path) ?? entryAt(tree, path);
    if (entry.kind !== 'file' || entry.names.length < 2) return entry;
    const first = entry.names.find((name) => written.has(name));
    written.add(path);
    return first === undefined ? entry : hardlinkTo(first, entry);
  });
}

/** `layerTar` for who needs no length. */
export function treeTar(
  tree: FileTree,
  paths: readonly ImagePath[],
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  return layerTar(tree, paths, signal).chunks;
}

async function* contents(
  tree: FileTree,
  portions: readonly LayerPortion[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (const { bytes, files, offsets } of portions) {
    let taken = 0;
    for (const [place, file] of files.entries()) {
      signal?.throwIfAborted();
      yield bytes.subarray(taken, offsets[place]);
      taken = offsets[place] ?? bytes.length;
      yield* contentOf(tree, file);
    }
    signal?.throwIfAborted();
    yield bytes.subarray(taken);
  }
}

async function* contentOf(tree: FileTree, file: TreeFile): AsyncGenerator<Uint8Array> {
  let contentBytes = 0;
  for await (const chunk of tree.open(file)) {
    contentBytes += chunk.length;
    yield chunk;
  }
  if (contentBytes !== file.sizeBytes)
    throw new OciError('truncated', `${file.path} gave ${contentBytes} of its ${file.sizeBytes} bytes`);
}

/** Joins small pieces into chunks of their own memory. */
export async function* gathered(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let buffer = new Uint8Array(CHUNK_BYTES);
  let used = 0;
  for await (const piece of source) {
    for (let start = 0; start < piece.length; ) {
      const taken = piece.subarray(start, start + buffer.length - used);
      buffer.set(taken, used);
      used += taken.length;
      start += taken.length;
      if (used < buffer.length) continue;
      yield buffer;
      buffer = new Uint8Array(CHUNK_BYTES);
      used = 0;
    }
  }
  if (used > 0) yield buffer.subarray(0, used);
}

/** The root is written only when it is asked for: engines take its metadata from elsewhere. */
function withParents(tree: FileTree, paths: Iterable<ImagePath>): ReadonlyMap<ImagePath, TreeEntry> {
  const kept = new Map<ImagePath, TreeEntry>();
  /** What of those above is there. */
  let parent: ImagePath = IMAGE_ROOT;
  const add = (path: ImagePath): void => {
    if (kept.has(path)) return;
    kept.set(path, entryAt(tree, path));
    // What stands in one directory comes together.
    if (isDirectlyBelow(path, parent)) return;
    const above = parentOf(path);
    if (above !== IMAGE_ROOT) add(above);
    parent = above;
  };
  // Not a loop of its own: that would be compiled while it runs, together with all that a look into the tree takes, for longer than it runs.
  [...paths].forEach(add);
  return kept;
}

function entryAt(tree: FileTree, path: ImagePath): TreeEntry {
  const entry = tree.get(path);
  if (entry === undefined) throw new OciError('not-found', `${path} is not in the image`);
  return entry;
}

/**
 * A hardlink repeats all metadata, attributes included: Docker 20.10 changes the owner of each link that it loads, which
 * makes the kernel drop file capabilities, and restores only what the link's own header has.
 */
function hardlinkTo(target: ImagePath, { path, mode, uid, gid, mtime, xattrs }: TreeEntry): HardlinkEntry {
  return { kind: 'hardlink', target, path, mode, uid, gid, mtime, xattrs };
}
