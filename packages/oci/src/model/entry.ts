import type { ImagePath } from './path.ts';

/** A content digest, `sha256:` and 64 lower-case hex digits (OCI image spec, "Digests"). */
export type Digest = `sha256:${string}`;

/** Seconds and nanoseconds since the epoch; seconds may be negative, nanoseconds are 0..999,999,999. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

interface EntryMetadata {
  readonly path: ImagePath;
  /** Permission bits with setuid, setgid and sticky: 0..0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Timestamp;
  /** Extended attributes by full name (`security.capability`), values as raw bytes. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

/** A run of bytes of a sparse file that is stored; all between is zeros. */
export interface SparseSegment {
  readonly start: number;
  readonly lengthBytes: number;
}

/** Where a layer keeps a file's content. */
export interface ContentLocation {
  /** Offset of the first stored byte in the layer's uncompressed tar. */
  readonly offset: number;
  /** What is stored of a sparse file, in order, one after the other; absent when the file is stored whole. */
  readonly segments?: readonly SparseSegment[];
}

export interface FileEntry extends EntryMetadata {
  readonly kind: 'file';
  /** Logical size; a sparse file's holes count. */
  readonly sizeBytes: number;
  /** Set by the layer that gave the entry; a layer finds an entry without it by its path. */
  readonly content?: ContentLocation;
}
export interface DirectoryEntry extends EntryMetadata {
  readonly kind: 'directory';
}
export interface SymlinkEntry extends EntryMetadata {
  readonly kind: 'symlink';
  /** The target as written, unresolved; bytes as in ImagePath. */
  readonly target: string;
}
export interface HardlinkEntry extends EntryMetadata {
  readonly kind: 'hardlink';
  /** The path of the first name, in the same layer. */
  readonly target: ImagePath;
}
export interface DeviceEntry extends EntryMetadata {
  readonly kind: 'char-device' | 'block-device';
  readonly major: number;
  readonly minor: number;
}
export interface FifoEntry extends EntryMetadata {
  readonly kind: 'fifo';
}

/** One entry of a layer, as the tar has it. Whiteouts are entries of kind `whiteout` / `opaque`. */
export type Entry = FileEntry | DirectoryEntry | SymlinkEntry | HardlinkEntry | DeviceEntry | FifoEntry;

/** A layer's entry: a file system entry, or a removal from the layers below (OCI image spec, "Whiteouts"). */
export type LayerEntry =
  | Entry
  | { readonly kind: 'whiteout'; readonly path: ImagePath }
  | { readonly kind: 'opaque'; readonly path: ImagePath };
