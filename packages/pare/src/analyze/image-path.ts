import { type ImagePath, parentOf } from '@pare/oci';

export { parentOf as parentPath } from '@pare/oci';

export const rootPath = '/' as ImagePath;

/** A segment that is empty, `.` or `..`. */
const abnormal = /(?:^|\/)\.{0,2}(?:\/|$)/;

/**
 * `relative` seen from the directory `base`, normalised by name only; `..` stops at the root. Never throws: what
 * files say is hostile, and a path with a NUL in it is simply not in the tree.
 */
export function joinPath(base: ImagePath, relative: string): ImagePath {
  const absolute = relative.startsWith('/');
  // Nearly all paths are normal already, and there are a hundred thousand of them in a package database.
  if (!abnormal.test(absolute ? relative.slice(1) : relative)) {
    return (absolute ? relative : base === '/' ? `/${relative}` : `${base}/${relative}`) as ImagePath;
  }
  const segments = absolute || base === '/' ? [] : base.slice(1).split('/');
  for (const segment of relative.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') segments.pop();
    else segments.push(segment);
  }
  return `/${segments.join('/')}` as ImagePath;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The path's directory and all above it, nearest first, the root last. */
export function* ancestors(path: ImagePath): Iterable<ImagePath> {
  for (let at = path; at !== '/'; ) {
    at = parentOf(at);
    yield at;
  }
}

/** Extension of a base name in lower case, with its dot; empty for none and for dot files. */
export function extensionOf(path: string): string {
  const name = baseName(path);
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? '' : name.slice(dot).toLowerCase();
}
