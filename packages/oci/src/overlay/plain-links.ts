import type { DirectoryEntry } from '../model/entry.ts';
import type { FileTree, TreeEntry } from '../model/file-tree.ts';
import { IMAGE_ROOT, type ImagePath } from '../model/path.ts';
import { layerEntries } from '../mutate/layer-tar.ts';
import { impliedDirectory } from '../tree/layer-tree.ts';
import { type OverlayFlavour, refuseAttribute } from './overlay-attributes.ts';

/** The directory of a layer that mkdir(2) and link(2) can make, and what chmod(2), chown(2) and utimensat(2) say of its directories. */
export interface PlainLinks {
  /** Parents first; the root is the first of all. */
  readonly directories: readonly DirectoryEntry[];
  /** Files and symlinks: what is there already, and its further name. Can be made in this order. */
  readonly links: readonly (readonly [existing: string, name: string])[];
}

/** Entries between two turns: they take a millisecond. */
const entriesUntilTurn = 250;

/**
 * Plans the directory of `planLinkedLayer` where it is as plain as that: undefined where something is no directory, file or symlink, where a
 * directory has attributes, part of a second or a name that is no UTF-8, and where a file has attributes that are left out. `sourceOf` says where a
 * file or symlink of the image is, `nameOf` where a path of the layer will be. Throws OciError `not-found` for a path that the tree lacks.
 */
export async function planPlainLinks(options: {
  readonly tree: FileTree;
  readonly paths: Iterable<ImagePath>;
  readonly flavour: OverlayFlavour;
  readonly sourceOf: (entry: TreeEntry) => string;
  readonly nameOf: (path: ImagePath) => string;
  /** Awaited now and then: lets whoever shares the thread come to their turn. */
  readonly turn?: (() => Promise<void>) | undefined;
}): Promise<PlainLinks | undefined> {
  const { tree, paths, flavour, sourceOf, nameOf, turn } = options;
  const directories: DirectoryEntry[] = [];
  const links: [existing: string, name: string][] = [];
  for (const [place, entry] of layerEntries(tree, paths).entries()) {
    if (place % entriesUntilTurn === 0) await turn?.();
    switch (entry.kind) {
      case 'directory':
        if (!isPlain(entry)) return undefined;
        directories.push(entry);
        break;
      case 'file':
      case 'symlink':
        for (const [name, value] of entry.xattrs)
          if (refuseAttribute(name, value, entry.kind, flavour) !== undefined) return undefined;
        links.push([sourceOf(entry), nameOf(entry.path)]);
        break;
      case 'hardlink':
        links.push([nameOf(entry.target), nameOf(entry.path)]);
        break;
      default:
        return undefined;
    }
  }
  if (directories[0]?.path !== IMAGE_ROOT) directories.unshift(impliedDirectory(IMAGE_ROOT));
  return { directories, links };
}

function isPlain({ path, xattrs, mtime }: DirectoryEntry): boolean {
  return xattrs.size === 0 && mtime.nanoseconds === 0 && !/[\udc80-\udcff]/.test(path);
}
