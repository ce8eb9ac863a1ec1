import type { LayerEntry } from '../../model/entry.ts';
import { OciError } from '../../model/oci-error.ts';
import { parseImagePath } from '../../model/path.ts';
import { parseWhiteout } from '../whiteout.ts';
import type { TarHeader } from './tar-member.ts';

const TARGET_LIMIT_UNITS = 4096;

/**
 * The layer entry that a tar member stands for; `offset` is its content's place in the uncompressed tar. Undefined
 * for AUFS bookkeeping. Throws OciError `hostile` on a name or link target that no file system could hold.
 */
export function layerEntryOf(header: TarHeader, offset: number): LayerEntry | undefined {
  const path = parseImagePath(header.name);
  const mark = parseWhiteout(path);
  if (mark.kind === 'bookkeeping') return undefined;
  if (mark.kind !== 'none') return mark;
  const { type, mode, uid, gid, mtime, xattrs } = header;
  switch (type) {
    case 'file': {
      const { segments, sizeBytes } = header;
      const content = segments === undefined ? { offset } : { offset, segments };
      return { kind: 'file', path, mode, uid, gid, mtime, xattrs, sizeBytes, content };
    }
    case 'directory':
    case 'fifo':
      return { kind: type, path, mode, uid, gid, mtime, xattrs };
    case 'symlink':
      return { kind: type, path, mode, uid, gid, mtime, xattrs, target: checkedTarget(header) };
    case 'hardlink':
      return { kind: type, path, mode, uid, gid, mtime, xattrs, target: parseImagePath(header.linkName) };
    case 'char-device':
    case 'block-device':
      return { kind: type, path, mode, uid, gid, mtime, xattrs, major: header.major, minor: header.minor };
  }
}

function checkedTarget({ name, linkName }: TarHeader): string {
  if (linkName.includes('\0') || linkName.length > TARGET_LIMIT_UNITS) {
    throw new OciError(
      'hostile',
      `the symlink ${JSON.stringify(name.slice(0, 200))} has a target that Linux cannot hold`,
    );
  }
  return linkName;
}
