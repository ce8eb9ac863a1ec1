import type { Entry, FileEntry, LayerEntry } from '../model/entry.ts';
import { entryRoomAdvice } from '../model/entry-room.ts';
import { OciError } from '../model/oci-error.ts';
import { childPath, IMAGE_ROOT, type ImagePath } from '../model/path.ts';
import { type Inode, type LayerTree, type TreeNode, unpackLayer } from '../tree/layer-tree.ts';
import {
  type AttributeRefusal,
  type OverlayFlavour,
  opaqueAttribute,
  refuseAttribute,
} from './overlay-attributes.ts';

/** Something of a layer that its unpacked directory does not have. */
export interface OverlayOmission {
  readonly path: ImagePath;
  readonly reason: AttributeRefusal | 'device-node';
}

/**
 * A layer as overlayfs wants it in a directory: every path once and clean, none of them through a link, each directory before
 * what is in it and each file before its links; whiteouts are character devices 0/0.
 */
export interface OverlayLayer {
  /** In the order in which they can be made; files with content come in the order of the layer's tar. */
  readonly members: readonly Entry[];
  readonly omissions: readonly OverlayOmission[];
  /**
   * Whether stacked directories would not tell all: the layer implies a directory whose metadata only the layers below
   * know, has a hardlink to a file of theirs, whiteouts, or an unusual root. `planOverlayJoin` makes up for it.
   */
  readonly needsJoin: boolean;
  /** Whether it has nothing but a usual root, so that it adds nothing to a stack. */
  readonly isEmpty: boolean;
  /** Whether it hides all layers below: overlayfs does not look for that on a layer's own root. */
  readonly opaqueRoot: boolean;
}

const OMISSION_LIMIT = 10_000;
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

/**
 * Plans the directory of one layer. Throws OciError `corrupt` or `hostile` on a layer that no engine could unpack, and `too-large`
 * above `entryLimit` entries.
 */
export async function planOverlayLayer(
  entries: readonly LayerEntry[],
  options: {
    readonly flavour: OverlayFlavour;
    readonly entryLimit: number;
    /** Awaited now and then: lets whoever shares the thread come to their turn. */
    readonly turn?: () => Promise<void>;
  },
): Promise<OverlayLayer> {
  if (entries.length > options.entryLimit)
    throw new OciError(
      'too-large',
      `a layer has more than ${options.entryLimit} entries: ${entryRoomAdvice}`,
    );
  const tree = await unpackLayer(entries, options.turn);
  await options.turn?.();
  return arrange(tree, options.flavour);
}

interface Arranging {
  readonly flavour: OverlayFlavour;
  readonly directories: Entry[];
  readonly others: Entry[];
  readonly files: FileEntry[];
  readonly links: Entry[];
  readonly omissions: OverlayOmission[];
  /** The first name of each object that is no directory. */
  readonly firstNames: Map<Inode, ImagePath>;
  needsJoin: boolean;
}

function arrange(tree: LayerTree, flavour: OverlayFlavour): OverlayLayer {
  const state: Arranging = {
    flavour,
    directories: [],
    others: [],
    files: [],
    links: [],
    omissions: [],
    firstNames: new Map(),
    needsJoin: false,
  };
  visitDirectory(state, tree.root, IMAGE_ROOT, false);
  const { directories, others, files, links, omissions } = state;
  files.sort((left, right) => (left.content?.offset ?? 0) - (right.content?.offset ?? 0));
  const members = [...directories, ...others, ...files, ...links];
  const needsJoin = state.needsJoin || tree.dangling.size > 0;
  const { opaque: opaqueRoot } = tree.root;
  return {
    members,
    omissions,
    needsJoin,
    isEmpty: members.length === 1 && !needsJoin && !opaqueRoot,
    opaqueRoot,
  };
}

function visitDirectory(state: Arranging, node: TreeNode, path: ImagePath, opaque: boolean): void {
  const { entry } = node.inode;
  // A layer seldom names the root, and overlayfs shows the uppermost one's: that matters when one below is unusual.
  if (path === IMAGE_ROOT ? isUnusualRoot(entry) : node.implied) state.needsJoin = true;
  const xattrs = allowedAttributes(state, entry, path);
  const { children, whiteouts } = node;
  state.directories.push({
    ...entry,
    path,
    xattrs: opaque ? new Map([...xattrs, opaqueAttribute(state.flavour)]) : xattrs,
  });
  // What an opaque directory hides, a whiteout in it need not.
  const removed = opaque ? [] : [...whiteouts].filter((name) => children?.has(name) !== true);
  for (const name of removed) state.others.push(whiteoutAt(childPath(path, name)));
  if (removed.length > 0) state.needsJoin = true;
  if (children === undefined) return;
  for (const [name, child] of children) {
    const childAt = childPath(path, name);
    if (child.children === undefined) visitLeaf(state, child.inode, childAt);
    // A whiteout and a directory of one name: what is below it goes, and it stays.
    else visitDirectory(state, child, childAt, child.opaque || whiteouts.has(name));
  }
}

function isUnusualRoot({ mode, uid, gid, xattrs }: Entry): boolean {
  return mode !== 0o755 || uid !== 0 || gid !== 0 || xattrs.size > 0;
}

function visitLeaf(state: Arranging, inode: Inode, path: ImagePath): void {
  const { entry } = inode;
  if (isRefusedDevice(entry, state.flavour)) {
    omit(state, path, 'device-node');
    return;
  }
  const first = state.firstNames.get(inode);
  if (first !== undefined) {
    const { mode, uid, gid, mtime } = entry;
    state.links.push({ kind: 'hardlink', path, target: first, mode, uid, gid, mtime, xattrs: NO_XATTRS });
    return;
  }
  state.firstNames.set(inode, path);
  const xattrs = allowedAttributes(state, entry, path);
  const member = xattrs === entry.xattrs && path === entry.path ? entry : { ...entry, path, xattrs };
  if (member.kind === 'file') state.files.push(member);
  else state.others.push(member);
}

/** The device 0/0 is no device, and overlayfs would take it for a whiteout. */
function isRefusedDevice(entry: Entry, flavour: OverlayFlavour): boolean {
  if (entry.kind !== 'char-device' && entry.kind !== 'block-device') return false;
  return flavour === 'namespace' || (entry.major === 0 && entry.minor === 0);
}

function whiteoutAt(path: ImagePath): Entry {
  const mtime = { seconds: 0, nanoseconds: 0 };
  return { kind: 'char-device', path, mode: 0, uid: 0, gid: 0, mtime, xattrs: NO_XATTRS, major: 0, minor: 0 };
}

function allowedAttributes(state: Arranging, entry: Entry, path: ImagePath): ReadonlyMap<string, Uint8Array> {
  if (entry.xattrs.size === 0) return entry.xattrs;
  const allowed = new Map<string, Uint8Array>();
  for (const [name, value] of entry.xattrs) {
    const refusal = refuseAttribute(name, value, entry.kind, state.flavour);
    if (refusal === undefined) allowed.set(name, value);
    else omit(state, path, refusal);
  }
  return allowed.size === entry.xattrs.size ? entry.xattrs : allowed;
}

function omit(state: Arranging, path: ImagePath, reason: OverlayOmission['reason']): void {
  if (state.omissions.length < OMISSION_LIMIT) state.omissions.push({ path, reason });
}
