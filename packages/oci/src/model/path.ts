import { canonicalName, decodeName, encodeName, nameBytes } from './name.ts';
import { OciError } from './oci-error.ts';

declare const imagePathBrand: unique symbol;
declare const hostPathBrand: unique symbol;

/**
 * An absolute, normalised path inside an image: starts with `/`, has no `.`, `..` or empty segment and no
 * trailing slash (the root is `/`). Names are bytes: each byte that is not valid UTF-8 is held as one lone
 * surrogate U+DC80..U+DCFF (the "surrogateescape" of Python's PEP 383), so every name survives a round trip.
 */
export type ImagePath = string & { readonly [imagePathBrand]: true };

/** A path on the machine that Pare runs on. */
export type HostPath = string & { readonly [hostPathBrand]: true };

/** Marks a string as a host path. */
export function hostPath(path: string): HostPath {
  return path as HostPath;
}

/** The root directory of every image. */
export const IMAGE_ROOT = '/' as ImagePath;

/** Longest name of one segment in bytes: NAME_MAX of Linux. */
const SEGMENT_LIMIT_BYTES = 255;
/** Longest path in bytes: PATH_MAX of Linux. */
const PATH_LIMIT_BYTES = 4096;
const FROM_SURROGATES = /[\ud800-\uffff]/;
const SLASH = 0x2f;
const DOT = 0x2e;
/** One UTF-16 unit is at most this many bytes of UTF-8. */
const BYTES_PER_UNIT = 3;

/**
 * Normalises a name out of an archive, a config or a command line: absolute or relative to the image's root,
 * with `.` and empty segments dropped. Throws OciError `hostile` on `..`, NUL, a segment above 255 bytes or a
 * path above 4096 bytes.
 */
export function parseImagePath(name: string | Uint8Array): ImagePath {
  const decoded = typeof name === 'string' ? canonicalName(name) : decodeName(name);
  const text = decoded.slice(
    decoded.startsWith('./') ? 2 : decoded.startsWith('/') ? 1 : 0,
    decoded.endsWith('/') ? -1 : undefined,
  );
  if (text.includes('\0')) throw hostileName(text, 'holds a NUL byte');
  const path = isPlain(text) ? `/${text}` : normalise(text);
  if (path.length * BYTES_PER_UNIT > PATH_LIMIT_BYTES && nameBytes(path) > PATH_LIMIT_BYTES) {
    throw hostileName(text, `is longer than ${PATH_LIMIT_BYTES} bytes`);
  }
  return path === '' ? IMAGE_ROOT : (path as ImagePath);
}

/** Whether a name is the path already but for the leading slash: so are nearly all of an archive. */
function isPlain(text: string): boolean {
  let segmentStart = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) !== SLASH) continue;
    if (!isPlainSegment(text, segmentStart, at)) return false;
    segmentStart = at + 1;
  }
  return isPlainSegment(text, segmentStart, text.length);
}

function isPlainSegment(text: string, start: number, end: number): boolean {
  return (
    start < end && text.charCodeAt(start) !== DOT && (end - start) * BYTES_PER_UNIT <= SEGMENT_LIMIT_BYTES
  );
}

function normalise(text: string): string {
  let path = '';
  for (const segment of text.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') throw hostileName(text, 'climbs with ".."');
    if (segment.length * BYTES_PER_UNIT > SEGMENT_LIMIT_BYTES && nameBytes(segment) > SEGMENT_LIMIT_BYTES) {
      throw hostileName(text, `has a segment longer than ${SEGMENT_LIMIT_BYTES} bytes`);
    }
    path += `/${segment}`;
  }
  return path;
}

/** The path's bytes, with the leading slash. */
export function imagePathBytes(path: ImagePath): Uint8Array {
  return encodeName(path);
}

/** The directory that holds the path; the root's is the root. */
export function parentOf(path: ImagePath): ImagePath {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? IMAGE_ROOT : (path.slice(0, slash) as ImagePath);
}

/** The last segment; empty for the root. */
export function baseName(path: ImagePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The child of a directory. `name` must be one segment of an existing path: it is not checked. */
export function childPath(directory: ImagePath, name: string): ImagePath {
  return (directory === IMAGE_ROOT ? `/${name}` : `${directory}/${name}`) as ImagePath;
}

/**
 * Where a path written inside `directory` points to, by its text alone (no symlinks): absolute ones start at the
 * image's root, `..` climbs and stays at the root. Throws as `parseImagePath` on NUL and over-long names.
 */
export function joinImagePath(directory: ImagePath, path: string): ImagePath {
  const segments = path.startsWith('/') ? [] : directory.split('/').slice(1);
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  return parseImagePath(segments.join('/'));
}

/** Whether `path` is somewhere below `directory` (a directory is not below itself). */
export function isBelow(path: ImagePath, directory: ImagePath): boolean {
  if (directory === IMAGE_ROOT) return path !== IMAGE_ROOT;
  return path.length > directory.length && path[directory.length] === '/' && path.startsWith(directory);
}

/** Whether the directory is the one that holds the path. */
export function isDirectlyBelow(path: string, directory: ImagePath): boolean {
  const slash = path.lastIndexOf('/');
  if (directory === IMAGE_ROOT) return slash <= 0;
  return slash === directory.length && path.startsWith(directory);
}

/** Orders paths by their bytes, so parents come before their children. */
export function comparePaths(left: ImagePath, right: ImagePath): number {
  return compareNames(left, right);
}

/** Sorts paths by their bytes, in place, and gives their order. */
export function sortPaths(paths: ImagePath[]): PathOrder {
  const order = orderOf(paths);
  if (order === byUnits) paths.sort();
  else paths.sort(comparePaths);
  return order;
}

/** Whether one of two paths comes before the other, by their bytes. */
export type PathOrder = (left: string, right: string) => boolean;

/** The order of these paths, and of all that are ASCII. */
export function orderOf(paths: readonly string[]): PathOrder {
  return FROM_SURROGATES.test(paths.join('')) ? byBytes : byUnits;
}

const byBytes: PathOrder = (left, right) => compareNames(left, right) < 0;
/** Below the surrogates that is the order of UTF-16, in which the engine compares by itself, several times as fast. */
const byUnits: PathOrder = (left, right) => left < right;

/** Orders names by their bytes. */
export function compareNames(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const a = left.charCodeAt(at);
    const b = right.charCodeAt(at);
    // Below the surrogates, UTF-16 order is the order of UTF-8's bytes.
    if (a !== b)
      return a < 0xd800 && b < 0xd800 ? a - b : Buffer.compare(encodeName(left), encodeName(right));
  }
  return left.length - right.length;
}

function hostileName(name: string, what: string): OciError {
  return new OciError('hostile', `the name ${JSON.stringify(name.slice(0, 200))} ${what}`);
}
