import type { Resolution, TreeEntry } from '../model/file-tree.ts';
import { nameBytes } from '../model/name.ts';
import { childPath, IMAGE_ROOT, type ImagePath, parentOf } from '../model/path.ts';

/** Linux follows at most this many links in one path (path_resolution(7)). */
const LINK_LIMIT = 40;
const NAME_LIMIT_BYTES = 255;
const NO_LINKS: readonly ImagePath[] = [];

/**
 * Resolves a path as Linux does with the image's root as root (path_resolution(7)): every symlink on the way is
 * followed, absolute targets start at the root, `..` of the root is the root, a trailing slash or dot of a target asks
 * for a directory. `nofollow` leaves the last segment alone.
 */
export function resolvePath(
  get: (path: ImagePath) => TreeEntry | undefined,
  path: ImagePath,
  nofollow: boolean,
): Resolution {
  const direct = get(path);
  // What is in the tree stands in real directories all the way.
  if (direct !== undefined && (nofollow || direct.kind !== 'symlink'))
    return { entry: direct, path, links: NO_LINKS };
  const links: ImagePath[] = [];
  // As far as its text is in the tree without a link, the walk ends there too.
  let here = knownPrefix(get, path);
  /** Segments still to walk, the next one last. */
  const rest = path
    .slice(here === IMAGE_ROOT ? 1 : here.length + 1)
    .split('/')
    .reverse();
  for (let segment = rest.pop(); segment !== undefined; segment = rest.pop()) {
    const entry = get(here);
    if (entry?.kind !== 'directory') return missing(here, [segment, ...rest.toReversed()], links);
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      here = parentOf(here);
      continue;
    }
    const next = childPath(here, segment);
    const found = get(next);
    if (found?.kind !== 'symlink' || (nofollow && rest.length === 0)) {
      if (found === undefined && nameBytes(segment) > NAME_LIMIT_BYTES)
        return missing(here, [segment, ...rest.toReversed()], links);
      here = next;
      continue;
    }
    links.push(next);
    if (links.length > LINK_LIMIT || found.target === '') return missing(next, rest.toReversed(), links);
    if (found.target.startsWith('/')) here = IMAGE_ROOT;
    rest.push(...found.target.split('/').reverse());
  }
  return { entry: get(here), path: here, links };
}

/** The longest part of a path, above its last segment, that is in the tree and no link. */
function knownPrefix(get: (path: ImagePath) => TreeEntry | undefined, path: ImagePath): ImagePath {
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const prefix = path.slice(0, slash) as ImagePath;
    const entry = get(prefix);
    if (entry !== undefined && entry.kind !== 'symlink') return prefix;
  }
  return IMAGE_ROOT;
}

/** Nothing is there: the path goes on by its text alone. */
function missing(at: ImagePath, rest: readonly string[], links: readonly ImagePath[]): Resolution {
  let path = at;
  for (const segment of rest) {
    if (segment === '..') path = parentOf(path);
    else if (segment !== '' && segment !== '.') path = childPath(path, segment);
  }
  return { entry: undefined, path, links };
}
