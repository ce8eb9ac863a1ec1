export type {
  DeviceEntry,
  Digest,
  DirectoryEntry,
  Entry,
  FifoEntry,
  FileEntry,
  HardlinkEntry,
  LayerEntry,
  SymlinkEntry,
  Timestamp,
} from './model/entry.ts';
export type { FileTree, Resolution, TreeEntry, TreeFile } from './model/file-tree.ts';
export type { HistoryEntry, Image, ImageConfig, Layer, RunConfig } from './model/image.ts';
export { OciError, type OciErrorCode } from './model/oci-error.ts';
export { type HostPath, hostPath, type ImagePath } from './model/path.ts';
