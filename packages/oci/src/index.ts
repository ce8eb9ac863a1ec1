export { decompress, sniffCompression } from './formats/compression.ts';
export { digestOf, digestOfStream, parseDigest } from './formats/digest.ts';
export { parseImageConfig } from './formats/image-config.ts';
export { canonicalJson } from './formats/json-shape.ts';
export { decodeLayerIndex, encodeLayerIndex } from './formats/layer-index.ts';
export { layerEntryOf } from './formats/tar/layer-entry.ts';
export type { TarLimits } from './formats/tar/tar-index.ts';
export type { TarHeader, TarMemberType } from './formats/tar/tar-member.ts';
export { readTar, type TarMember } from './formats/tar/tar-reader.ts';
export { type TarWrite, writeTar } from './formats/tar/tar-writer.ts';
export { opaquePath, parseWhiteout, type WhiteoutMark, whiteoutPath } from './formats/whiteout.ts';
export type {
  ContentLocation,
  DeviceEntry,
  Digest,
  DirectoryEntry,
  Entry,
  FifoEntry,
  FileEntry,
  HardlinkEntry,
  LayerEntry,
  SparseSegment,
  SymlinkEntry,
  Timestamp,
} from './model/entry.ts';
export { entryRoom } from './model/entry-room.ts';
export type { FileTree, Resolution, TreeEntry, TreeFile } from './model/file-tree.ts';
export type { HistoryEntry, Image, ImageConfig, Layer, LayerBlob, RunConfig } from './model/image.ts';
export type { LayerIndex } from './model/layer-index.ts';
export { decodeName, encodeName } from './model/name.ts';
export { OciError, type OciErrorCode } from './model/oci-error.ts';
export {
  baseName,
  childPath,
  comparePaths,
  type HostPath,
  hostPath,
  IMAGE_ROOT,
  type ImagePath,
  imagePathBytes,
  isBelow,
  isDirectlyBelow,
  joinImagePath,
  parentOf,
  parseImagePath,
} from './model/path.ts';
export { layerFromTree, type WrittenLayer } from './mutate/layer-from-tree.ts';
export { type LayerPortion, layerPortions, treeTar } from './mutate/layer-tar.ts';
export { type ImageParts, imageFromParts, makeImage, renderImageConfig } from './mutate/make-image.ts';
export { treeLayer } from './mutate/tree-layer.ts';
export { type LinkedLayer, planLinkedLayer } from './overlay/linked-layer.ts';
export type { OverlayFlavour } from './overlay/overlay-attributes.ts';
export { type OverlayJoin, planOverlayJoin } from './overlay/overlay-join.ts';
export { type OverlayLayer, type OverlayOmission, planOverlayLayer } from './overlay/overlay-layer.ts';
export { overlayTar } from './overlay/overlay-tar.ts';
export { type PlainLinks, planPlainLinks } from './overlay/plain-links.ts';
export { hostPlatform, type Platform, parsePlatform, renderPlatform } from './registry/choose-platform.ts';
export { type CredentialSource, credentialsOfFiles } from './registry/credentials.ts';
export { proxyOfEnvironment } from './registry/proxy.ts';
export { openRegistryImage, type RegistryImage } from './registry/pull-image.ts';
export { pushImage } from './registry/push-image.ts';
export { openRegistry, type Registry } from './registry/registry.ts';
export {
  hasRegistryHost,
  parseRegistryReference,
  type RegistryReference,
  renderRegistryReference,
} from './registry/registry-reference.ts';
export type { RetryClock } from './registry/retry.ts';
export { trustOfFiles } from './registry/trust.ts';
export { writeFileAtomically } from './sinks/atomic-file.ts';
export { type ComposedImage, composeDockerArchive } from './sinks/compose-docker-archive.ts';
export { writeDockerArchive } from './sinks/docker-archive.ts';
export { draftPath } from './sinks/draft-names.ts';
export { findStaleDrafts, removeDraft, removeStaleDrafts } from './sinks/drafts.ts';
export { writeOciArchive } from './sinks/oci-archive.ts';
export { writeOciLayout } from './sinks/oci-layout.ts';
export { makeParents, nearestDirectory } from './sinks/parents.ts';
export {
  isAlive,
  ownedName,
  ownerOfName,
  ownIdentity,
  type ProcessIdentity,
  processExists,
} from './sinks/process-identity.ts';
export { takeTurn } from './sinks/turns.ts';
export {
  type ArchivedImage,
  type ArchiveOptions,
  listArchivedImages,
  openDockerArchive,
  openOciArchive,
  spoolDockerArchive,
} from './sources/docker-archive.ts';
export { type FileCache, openFileCache } from './sources/file-cache.ts';
export { cachedLayer, type LayerIndexCache, openLayerIndexCache } from './sources/layer-index-cache.ts';
export { withDirectory } from './sources/layer-with-directory.ts';
export { openOciLayout } from './sources/oci-layout.ts';
export { openStoredLayer, type StoredLayerFile } from './sources/stored-layer.ts';
export { openTarLayer } from './sources/tar-layer.ts';
export { openTarSplitLayer, type TarSplitLayerFiles } from './sources/tar-split-layer.ts';
export {
  buildFileTree,
  DEFAULT_FILE_TREE_LIMITS,
  type FileTreeLimits,
  type FileTreeOptions,
} from './tree/build-file-tree.ts';
export { readImageFile } from './tree/read-image-file.ts';
export { readLayerIndex } from './tree/read-layer-index.ts';
export { decodeFileTree, encodeFileTree } from './tree/remembered-tree.ts';
export { validateImage } from './validate/validate-image.ts';
