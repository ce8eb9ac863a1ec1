import { encodeTarHeader, TAR_TRAILER } from '../formats/tar/tar-writer.ts';
import type { Entry } from '../model/entry.ts';
import type { FileTree, TreeEntry } from '../model/file-tree.ts';
import { OciError } from '../model/oci-error.ts';
import { IMAGE_ROOT, type ImagePath } from '../model/path.ts';
import { gathered, layerEntries } from '../mutate/layer-tar.ts';
import type { OverlayFlavour } from './overlay-attributes.ts';
import { type OverlayOmission, planOverlayLayer } from './overlay-layer.ts';

/** The directory of one layer, made without copying a byte. */
export interface LinkedLayer {
  readonly omissions: readonly OverlayOmission[];
  /** A tar for a directory that has the files of the layers somewhere: every file and symlink is a hardlink to one of those. */
  readonly tar: AsyncIterable<Uint8Array>;
}

/**
 * Plans what `layerTar` would make of these paths as a directory for overlayfs, with `planOverlayLayer`. `below` is where it is to be in
 * the tar; `sourceOf` says where in there a file or symlink of the image is. Throws OciError as `planOverlayLayer`, and `not-found`
 * for a path that the tree lacks; its tar may throw the latter too.
 */
export async function planLinkedLayer(options: {
  readonly tree: FileTree;
  readonly paths: Iterable<ImagePath>;
  readonly flavour: OverlayFlavour;
  readonly entryLimit: number;
  readonly below: ImagePath;
  readonly sourceOf: (entry: TreeEntry) => ImagePath;
  /** Awaited now and then: lets whoever shares the thread come to their turn. */
  readonly turn?: () => Promise<void>;
}): Promise<LinkedLayer> {
  const { tree, below, sourceOf, turn } = options;
  const { members, omissions } = await planOverlayLayer(layerEntries(tree, options.paths), options);
  const toHeader = (entry: Entry) => encodeTarHeader(linked(entry, tree, below, sourceOf));
  return { omissions, tar: gathered(headersOf(members, toHeader, turn)) };
}

function linked(
  entry: Entry,
  tree: FileTree,
  below: ImagePath,
  sourceOf: (entry: TreeEntry) => ImagePath,
): Entry {
  const path = moved(entry.path, below);
  if (entry.kind === 'hardlink') return { ...entry, path, target: moved(entry.target, below) };
  // A name for a symlink that is there costs a twentieth of a new one (link(2) takes it as it is).
  if (entry.kind !== 'file' && entry.kind !== 'symlink') return { ...entry, path };
  const source = tree.get(entry.path);
  if (source?.kind !== entry.kind)
    throw new OciError('not-found', `${entry.path} is no ${entry.kind} of the image`);
  const { mode, uid, gid, mtime } = entry;
  // What is said of a hardlink is not applied: the file is there, with all that it has.
  return { kind: 'hardlink', path, target: sourceOf(source), mode, uid, gid, mtime, xattrs: new Map() };
}

/** Making so many takes a millisecond. */
const headersUntilTurn = 50;

/** Names stay clean: both parts are. */
function moved(path: ImagePath, below: ImagePath): ImagePath {
  return (path === IMAGE_ROOT ? below : `${below}${path}`) as ImagePath;
}

/** While one part of them is made, whoever reads the tar works on the one before. */
async function* headersOf(
  members: readonly Entry[],
  toHeader: (entry: Entry) => Uint8Array,
  turn: (() => Promise<void>) | undefined,
): AsyncGenerator<Uint8Array> {
  for (const [place, member] of members.entries()) {
    if (place % headersUntilTurn === 0) await turn?.();
    yield toHeader(member);
  }
  yield TAR_TRAILER;
}
