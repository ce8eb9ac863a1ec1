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
  /** Segments still to walk, the next one last. */
  const rest = path.split('/').slice(1).reverse();
  let here: ImagePath = IMAGE_ROOT;
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

/** Nothing is there: the path goes on by its text alone. */
function missing(at: ImagePath, rest: readonly string[], links: readonly ImagePath[]): Resolution {
  let path = at;
  for (const segment of rest) {
    if (segment === '..') path = parentOf(path);
    else if (segment !== '' && segment !== '.') path = childPath(path, segment);
  }
  return { entry: undefined, path, links };
}
