import { Buffer } from 'node:buffer';
import { closeSync, constants, fstatSync, lstatSync, openSync, readlinkSync } from 'node:fs';
import { decodeName, encodeName } from '../model/name.ts';
import { OciError } from '../model/oci-error.ts';
import { baseName, childPath, type HostPath, IMAGE_ROOT, type ImagePath, parentOf } from '../model/path.ts';

/** Linux follows at most this many links in one path (path_resolution(7)). */
const LINK_LIMIT = 40;

/** Opens regular files of a directory tree on the host that an archive filled, and never leaves that tree. */
export interface ContainedDirectory {
  /**
   * Opens a file for reading and returns its descriptor, which the caller closes. Links among the parents are followed
   * as if the directory were the root; the file itself must be no link. Throws OciError `not-found`, or `hostile` when
   * something else than a regular file is there.
   */
  openFile(path: ImagePath): number;
}

/** Looks at each directory once: nothing may change the tree meanwhile (a layer of an engine is never changed). */
export function containedDirectory(root: HostPath): ContainedDirectory {
  const directories = new Map<ImagePath, ImagePath>([[IMAGE_ROOT, IMAGE_ROOT]]);

  const realDirectory = (path: ImagePath, links: number): ImagePath => {
    const known = directories.get(path);
    if (known !== undefined) return known;
    if (links > LINK_LIMIT) throw new OciError('hostile', `too many links on the way to ${path} in ${root}`);
    const parent = realDirectory(parentOf(path), links);
    const here = childPath(parent, baseName(path));
    const target = linkTarget(root, here);
    const real = target === undefined ? here : followTarget(parent, target, links + 1);
    directories.set(path, real);
    return real;
  };

  const followTarget = (from: ImagePath, target: string, links: number): ImagePath => {
    let here = target.startsWith('/') ? IMAGE_ROOT : from;
    for (const segment of target.split('/')) {
      if (segment === '..') here = parentOf(here);
      else if (segment !== '' && segment !== '.') here = realDirectory(childPath(here, segment), links);
    }
    return here;
  };

  return {
    openFile(path) {
      const real = childPath(realDirectory(parentOf(path), 0), baseName(path));
      let descriptor: number;
      try {
        descriptor = openSync(
          onHost(root, real),
          constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
        );
      } catch (cause) {
        const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
        throw new OciError(
          code === 'ELOOP' ? 'hostile' : 'not-found',
          `cannot open ${path} in ${root}: ${code}`,
          { cause },
        );
      }
      if (fstatSync(descriptor).isFile()) return descriptor;
      closeSync(descriptor);
      throw new OciError('hostile', `${path} in ${root} is no regular file`);
    },
  };
}

function linkTarget(root: HostPath, path: ImagePath): string | undefined {
  const host = onHost(root, path);
  try {
    return lstatSync(host).isSymbolicLink() ? decodeName(readlinkSync(host, 'buffer')) : undefined;
  } catch (cause) {
    throw new OciError('not-found', `cannot look at ${path} in ${root}`, { cause });
  }
}

/** Node takes names that are no UTF-8 as bytes only. */
function onHost(root: HostPath, path: ImagePath): string | Buffer {
  return /[\udc80-\udcff]/.test(path) ? Buffer.concat([Buffer.from(root), encodeName(path)]) : root + path;
}
