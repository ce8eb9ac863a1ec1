import { createHash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { encodeTarHeader, TAR_TRAILER, tarPadding } from '../formats/tar/tar-writer.ts';
import type { Digest, Entry } from '../model/entry.ts';
import type { FileTree, TreeEntry } from '../model/file-tree.ts';
import type { Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import { comparePaths, type HostPath, IMAGE_ROOT, type ImagePath, parentOf } from '../model/path.ts';
import { writeFully } from '../sources/spool.ts';
import { openTarLayer } from '../sources/tar-layer.ts';

/** Small pieces are written together, in chunks of this size. */
const BUFFER_BYTES = 1024 * 1024;

/** A layer that was written to a file of the host. */
export interface WrittenLayer extends Layer {
  /** Length of its tar. */
  readonly sizeBytes: number;
}

/**
 * Writes the given paths of a tree, and every directory on the way to them, as one layer into `file`, which must not be
 * there yet. Equal entries give equal bytes: sorted by path (parents first), exact owners, modes, times and attributes,
 * no user names. Names of one inode stay hardlinks of each other; sparse files are written out (Docker cannot save an
 * image that has one). Throws OciError `not-found` for a path that the tree lacks; on any error the file is removed.
 */
export async function layerFromTree(
  tree: FileTree,
  paths: Iterable<ImagePath>,
  file: HostPath,
  signal?: AbortSignal,
): Promise<WrittenLayer> {
  const kept = withParents(tree, paths);
  const handle = await open(file, 'wx');
  try {
    const output = bufferedOutput(handle);
    const written = new Set<ImagePath>();
    for (const path of kept) {
      signal?.throwIfAborted();
      await writeEntry(output, tree, entryAt(tree, path), written);
      written.add(path);
    }
    await output.write(TAR_TRAILER);
    const { diffId, sizeBytes } = await output.finish();
    return { ...openTarLayer({ diffId, file }), sizeBytes };
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
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

async function writeEntry(
  output: BufferedOutput,
  tree: FileTree,
  entry: TreeEntry,
  written: ReadonlySet<ImagePath>,
): Promise<void> {
  const first =
    entry.kind === 'file' && entry.names.length > 1
      ? entry.names.find((name) => written.has(name))
      : undefined;
  if (entry.kind !== 'file' || first !== undefined) {
    await output.write(encodeTarHeader(first === undefined ? entry : hardlinkTo(first, entry)));
    return;
  }
  await output.write(encodeTarHeader(entry));
  let contentBytes = 0;
  for await (const chunk of tree.open(entry)) {
    contentBytes += chunk.length;
    await output.write(chunk);
  }
  if (contentBytes !== entry.sizeBytes) {
    throw new OciError('truncated', `${entry.path} gave ${contentBytes} of its ${entry.sizeBytes} bytes`);
  }
  await output.write(tarPadding(contentBytes));
}

/**
 * A hardlink repeats all metadata, attributes included: Docker 20.10 changes the owner of each link that it loads, which
 * makes the kernel drop file capabilities, and restores only what the link's own header has.
 */
function hardlinkTo(target: ImagePath, { path, mode, uid, gid, mtime, xattrs }: TreeEntry): Entry {
  return { kind: 'hardlink', target, path, mode, uid, gid, mtime, xattrs };
}

interface BufferedOutput {
  write(bytes: Uint8Array): Promise<void> | undefined;
  finish(): Promise<{ readonly diffId: Digest; readonly sizeBytes: number }>;
}

/** Gathers small writes; hashes what is written. */
function bufferedOutput(handle: FileHandle): BufferedOutput {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(BUFFER_BYTES);
  let used = 0;
  let sizeBytes = 0;
  const put = async (bytes: Uint8Array): Promise<void> => {
    hash.update(bytes);
    await writeFully(handle, bytes);
  };
  const flush = async (): Promise<void> => {
    await put(buffer.subarray(0, used));
    used = 0;
  };
  return {
    write(bytes) {
      sizeBytes += bytes.length;
      if (used + bytes.length <= buffer.length) {
        buffer.set(bytes, used);
        used += bytes.length;
        return undefined;
      }
      return flush().then(() => {
        if (bytes.length > buffer.length) return put(bytes);
        buffer.set(bytes, 0);
        used = bytes.length;
        return undefined;
      });
    },
    async finish() {
      await flush();
      return { diffId: `sha256:${hash.digest('hex')}`, sizeBytes };
    },
  };
}
