import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import type { HostPath } from '@pare/oci';

/** open(2); Node has no name for it. */
const O_PATH = 0o10000000;
/** As the kernel (path_resolution(7)). */
const linkLimit = 40;

/** Descriptors of a directory and of those above it, up to the root that it was opened in. */
export interface OpenedInRoot extends Disposable {
  /** An O_PATH descriptor. */
  readonly descriptor: number;
  /** `/proc` path by which it can be used, whatever happens to its name meanwhile. */
  readonly path: string;
}

/**
 * Opens what a path names in a directory tree as if that were the root: links are followed, but never out of it, also while
 * somebody changes the tree. Every step is taken from an open directory (openat(2) by `/proc/self/fd`). Throws what
 * open(2) says, with its `code`.
 */
export function openInRoot(root: HostPath, path: string): OpenedInRoot {
  const opened = [openSync(root, O_PATH | constants.O_DIRECTORY)];
  const close = () => {
    for (const descriptor of opened.splice(0)) closeSync(descriptor);
  };
  try {
    walk(opened, path.split('/'));
  } catch (error) {
    close();
    throw error;
  }
  const descriptor = opened.at(-1) ?? -1;
  return { descriptor, path: `/proc/self/fd/${descriptor}`, [Symbol.dispose]: close };
}

function walk(opened: number[], segments: string[]): void {
  let links = 0;
  for (let segment = segments.shift(); segment !== undefined; segment = segments.shift()) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (opened.length > 1) closeSync(opened.pop() ?? -1);
      continue;
    }
    const name = `/proc/self/fd/${opened.at(-1)}/${segment}`;
    const descriptor = openSync(name, O_PATH | constants.O_NOFOLLOW);
    if (!fstatSync(descriptor).isSymbolicLink()) {
      opened.push(descriptor);
      continue;
    }
    closeSync(descriptor);
    links += 1;
    if (links > linkLimit) throw Object.assign(new Error(`too many links: ${segment}`), { code: 'ELOOP' });
    const target = readlinkSync(name);
    if (target.startsWith('/')) for (const above of opened.splice(1)) closeSync(above);
    segments.unshift(...target.split('/'));
  }
}

const textLimitBytes = 4 * 1024 * 1024;

/** Reads a small regular file of a tree; an empty text when there is none. */
export function readTextInRoot(root: HostPath, path: string): string {
  try {
    using opened = openInRoot(root, path);
    const status = fstatSync(opened.descriptor);
    return status.isFile() && status.size <= textLimitBytes ? readFileSync(opened.path, 'utf8') : '';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return '';
    throw error;
  }
}
