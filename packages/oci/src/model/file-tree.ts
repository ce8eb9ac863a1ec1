import type { DeviceEntry, DirectoryEntry, FifoEntry, FileEntry, SymlinkEntry } from './entry.ts';
import type { ImagePath } from './path.ts';

interface Origin {
  /** Index of the layer that brought the entry, lowest layer 0. A directory: the last layer that named it. */
  readonly layer: number;
}

/** A regular file of the merged view. Hardlinks are merged: every name is its own entry with equal metadata. */
export interface TreeFile extends FileEntry, Origin {
  /** All names of this inode, this one included, sorted, where it has several; none for a file without hardlinks. */
  readonly names: readonly ImagePath[];
}
export type TreeEntry =
  | TreeFile
  | (DirectoryEntry & Origin)
  | (SymlinkEntry & Origin)
  | (DeviceEntry & Origin)
  | (FifoEntry & Origin);

/** What a path leads to once every symbolic link on the way is followed, always inside the image's root. */
export interface Resolution {
  /** The entry at the end; undefined when it is missing, or the links loop (more than 40, as in Linux). */
  readonly entry: TreeEntry | undefined;
  /** The path at the end without links on the way, also when nothing is there. */
  readonly path: ImagePath;
  /** The symlinks that were walked, in order. */
  readonly links: readonly ImagePath[];
}

/** The merged, read-only view of all layers of an image. The root `/` is always there as a directory. */
export interface FileTree {
  /** Number of entries. */
  readonly size: number;
  /** Sum of file sizes, each inode once. */
  readonly sizeBytes: number;
  /** Every path, sorted by their bytes; parents come before children. Costs less than the entries, which are made when they are asked for. */
  readonly paths: readonly ImagePath[];
  /** The entry of exactly this path; links are not followed. */
  get(path: ImagePath): TreeEntry | undefined;
  /** Where this path stands among all, the first being 0; undefined where nothing is there. */
  placeOf(path: ImagePath): number | undefined;
  /** The entry of the path that stands at this place; undefined where none does. */
  entryAt(place: number): TreeEntry | undefined;
  /** Follows links on the way; the last segment too, unless `nofollow`. Never throws. */
  resolve(path: ImagePath, options?: { readonly nofollow?: boolean }): Resolution;
  /** Every entry, in the order of their paths. */
  entries(): Iterable<TreeEntry>;
  /** Every entry of a kind, in that order. */
  ofKind(kind: TreeEntry['kind']): Iterable<TreeEntry>;
  /** Names of the direct children of a directory, sorted; empty when it is no directory. */
  list(path: ImagePath): readonly ImagePath[];
  /** Every entry below (not including) a directory, sorted. */
  below(path: ImagePath): Iterable<TreeEntry>;
  /** Streams a regular file's content. */
  open(
    file: TreeFile,
    range?: { readonly start: number; readonly lengthBytes: number },
  ): AsyncIterable<Uint8Array>;
  /** Reads a regular file whole; throws OciError `too-large` above `limitBytes` (default 16 MiB). */
  read(file: TreeFile, limitBytes?: number): Promise<Uint8Array>;
}
