import type { LayerEntry } from './entry.ts';
import type { TreeEntry } from './file-tree.ts';
import { OciError } from './oci-error.ts';
import type { ImagePath } from './path.ts';

/**
 * An entry as one of the names of its object; `names` are all of a file's. Written out member by member: for a large tree, copying objects by spread takes longer
 * than all else.
 */
export function treeEntry(
  entry: LayerEntry,
  path: ImagePath,
  layer: number,
  names: readonly ImagePath[],
): TreeEntry {
  switch (entry.kind) {
    case 'file': {
      const { kind, mode, uid, gid, mtime, xattrs, sizeBytes, content } = entry;
      return content === undefined
        ? { kind, path, mode, uid, gid, mtime, xattrs, sizeBytes, layer, names }
        : { kind, path, mode, uid, gid, mtime, xattrs, sizeBytes, layer, names, content };
    }
    case 'symlink': {
      const { kind, mode, uid, gid, mtime, xattrs, target } = entry;
      return { kind, path, mode, uid, gid, mtime, xattrs, target, layer };
    }
    case 'char-device':
    case 'block-device': {
      const { kind, mode, uid, gid, mtime, xattrs, major, minor } = entry;
      return { kind, path, mode, uid, gid, mtime, xattrs, major, minor, layer };
    }
    case 'directory':
    case 'fifo': {
      const { kind, mode, uid, gid, mtime, xattrs } = entry;
      return { kind, path, mode, uid, gid, mtime, xattrs, layer };
    }
    default:
      throw new OciError('corrupt', `a ${entry.kind} stands at ${path}`);
  }
}
