import { encodeTarHeader, TAR_TRAILER, tarPadding } from '../formats/tar/tar-writer.ts';
import type { HardlinkEntry } from '../model/entry.ts';
import type { FileTree, TreeEntry, TreeFile } from '../model/file-tree.ts';
import { OciError } from '../model/oci-error.ts';
import { comparePaths, IMAGE_ROOT, type ImagePath, parentOf } from '../model/path.ts';

/** Small pieces are given out together, in chunks of about this size. */
const CHUNK_BYTES = 1024 * 1024;

/** Bytes of a tar as they are, or a file whose content comes next. */
export type LayerPiece = Uint8Array | TreeFile;

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
  const pieces = [...layerPieces(tree, paths)];
  const sizeBytes = pieces.reduce(
    (sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : piece.sizeBytes),
    0,
  );
  return { sizeBytes, chunks: gathered(contents(tree, pieces, signal)) };
}

/** What the tar of `layerTar` is made of, in order, its contents still to be read. Throws as that does. */
export function* layerPieces(tree: FileTree, paths: Iterable<ImagePath>): Generator<LayerPiece> {
  for (const entry of layerEntries(tree, paths)) {
    yield encodeTarHeader(entry);
    if (entry.kind !== 'file') continue;
    yield entry;
    yield tarPadding(entry.sizeBytes);
  }
  yield TAR_TRAILER;
}

/** The entries of `layerTar`, in its order. Throws OciError `not-found` for a path that the tree lacks. */
export function layerEntries(
  tree: FileTree,
  paths: Iterable<ImagePath>,
): readonly (TreeEntry | HardlinkEntry)[] {
  const written = new Set<ImagePath>();
  return withParents(tree, paths).map((path) => {
    const entry = entryAt(tree, path);
    const first =
      entry.kind === 'file' && entry.names.length > 1
        ? entry.names.find((name) => written.has(name))
        : undefined;
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
  pieces: readonly LayerPiece[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    signal?.throwIfAborted();
    if (piece instanceof Uint8Array) {
      yield piece;
      continue;
    }
    let contentBytes = 0;
    for await (const chunk of tree.open(piece)) {
      contentBytes += chunk.length;
      yield chunk;
    }
    if (contentBytes !== piece.sizeBytes) {
      throw new OciError('truncated', `${piece.path} gave ${contentBytes} of its ${piece.sizeBytes} bytes`);
    }
  }
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
function withParents(tree: FileTree, paths: Iterable<ImagePath>): ImagePath[] {
  const kept = new Set<ImagePath>();
  for (const path of paths) {
    entryAt(tree, path);
    kept.add(path);
    for (let parent = parentOf(path); parent !== IMAGE_ROOT && !kept.has(parent); parent = parentOf(parent)) {
      kept.add(parent);
    }
  }
  return [...kept].sort(comparePaths);
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
