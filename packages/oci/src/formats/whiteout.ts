import { OciError } from '../model/oci-error.ts';
import { baseName, childPath, type ImagePath, parentOf } from '../model/path.ts';

/** What a layer member's name means (OCI image spec, "Whiteouts"). */
export type WhiteoutMark =
  | { readonly kind: 'none' }
  /** Removes `path` of the layers below. */
  | { readonly kind: 'whiteout'; readonly path: ImagePath }
  /** Removes all children of `path` of the layers below. */
  | { readonly kind: 'opaque'; readonly path: ImagePath }
  /** Bookkeeping of the AUFS driver (`.wh..wh.plnk`, `.wh..wh.aufs`, `.wh..wh.orph`), no content. */
  | { readonly kind: 'bookkeeping' };

const PREFIX = '.wh.';
const BOOKKEEPING_PREFIX = '.wh..wh.';
const OPAQUE_NAME = '.wh..wh..opq';
const NONE: WhiteoutMark = { kind: 'none' };

/**
 * Reads the mark out of a member's path. Throws OciError `hostile` when the name removes nothing, `.` or `..`, or
 * when something stands below a name that is reserved for whiteouts.
 */
export function parseWhiteout(path: ImagePath): WhiteoutMark {
  if (!path.includes(`/${PREFIX}`)) return NONE;
  const parent = parentOf(path);
  const name = baseName(path);
  for (const segment of parent.split('/')) {
    if (segment.startsWith(BOOKKEEPING_PREFIX) && segment !== OPAQUE_NAME) return { kind: 'bookkeeping' };
    if (segment.startsWith(PREFIX)) throw hostile(path, 'stands below a whiteout');
  }
  if (!name.startsWith(PREFIX)) return NONE;
  if (name === OPAQUE_NAME) return { kind: 'opaque', path: parent };
  if (name.startsWith(BOOKKEEPING_PREFIX)) return { kind: 'bookkeeping' };
  const removed = name.slice(PREFIX.length);
  if (removed === '' || removed === '.' || removed === '..')
    throw hostile(path, 'names nothing that could be removed');
  return { kind: 'whiteout', path: childPath(parent, removed) };
}

/** The member path whose presence in a layer removes `path` of the layers below. */
export function whiteoutPath(path: ImagePath): ImagePath {
  return childPath(parentOf(path), PREFIX + baseName(path));
}

/** The member path whose presence removes all children of `directory` of the layers below. */
export function opaquePath(directory: ImagePath): ImagePath {
  return childPath(directory, OPAQUE_NAME);
}

function hostile(path: ImagePath, what: string): OciError {
  return new OciError('hostile', `the whiteout ${JSON.stringify(path.slice(0, 200))} ${what}`);
}
