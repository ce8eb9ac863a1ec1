import type { FileTree, Resolution, TreeEntry } from '../model/file-tree.ts';
import { baseName, childPath, IMAGE_ROOT, type ImagePath, parentOf } from '../model/path.ts';

/** Linux follows at most this many links in one path (path_resolution(7)). */
const LINK_LIMIT = 40;
const NO_LINKS: readonly ImagePath[] = [];

/**
 * Resolves paths of a finished tree as Linux does with the image's root as root (path_resolution(7)): every symlink on the way is
 * followed, absolute targets start at the root, `..` of the root is the root, a trailing slash or dot of a target asks
 * for a directory. `nofollow` leaves the last segment alone. What is not simply there is remembered: it is asked for again, and so
 * are its neighbours.
 */
export function createResolver(get: (path: ImagePath) => TreeEntry | undefined): FileTree['resolve'] {
  const remembered = new Map<ImagePath, Resolution>();

  function resolve(path: ImagePath, nofollow: boolean): Resolution {
    const direct = get(path);
    // What is in the tree stands in real directories all the way.
    if (direct !== undefined && (nofollow || direct.kind !== 'symlink'))
      return { entry: direct, path, links: NO_LINKS };
    if (nofollow) return walk(path, direct, nofollow);
    const known = remembered.get(path);
    if (known !== undefined) return known;
    const resolution = walk(path, direct, nofollow);
    remembered.set(path, resolution);
    return resolution;
  }

  function walk(path: ImagePath, direct: TreeEntry | undefined, nofollow: boolean): Resolution {
    const parent = parentOf(path);
    const directory = resolve(parent, false);
    const isPlain = directory.path === parent;
    let at = isPlain ? path : childPath(directory.path, baseName(path));
    // No ImagePath has it, but what a program tells of its files may.
    const isUp = path.endsWith('/..');
    if (isUp) at = parentOf(directory.path);
    if (directory.entry?.kind !== 'directory') return { entry: undefined, path: at, links: directory.links };
    if (isUp) return { entry: get(at), path: at, links: directory.links };
    let entry = isPlain ? direct : get(at);
    if (entry?.kind !== 'symlink' || nofollow) return { entry, path: at, links: directory.links };
    const links = [...directory.links];
    /** Segments still to walk, the next one last. */
    const rest: string[] = [];
    for (;;) {
      if (entry?.kind === 'symlink') {
        links.push(at);
        if (links.length > LINK_LIMIT || entry.target === '') return missing(at, rest, links);
        rest.push(...entry.target.split('/').reverse());
        at = entry.target.startsWith('/') ? IMAGE_ROOT : parentOf(at);
        entry = get(at);
      }
      const segment = rest.pop();
      if (segment === undefined) return { entry, path: at, links };
      if (entry?.kind !== 'directory') return missing(at, [...rest, segment], links);
      if (segment === '' || segment === '.') continue;
      at = segment === '..' ? parentOf(at) : childPath(at, segment);
      entry = get(at);
    }
  }

  return (path, options) => resolve(path, options?.nofollow === true);
}

/** Nothing is there: the path goes on by its text alone. The next segment comes last. */
function missing(at: ImagePath, rest: readonly string[], links: readonly ImagePath[]): Resolution {
  let path = at;
  for (const segment of rest.toReversed()) {
    if (segment === '..') path = parentOf(path);
    else if (segment !== '' && segment !== '.') path = childPath(path, segment);
  }
  return { entry: undefined, path, links };
}
