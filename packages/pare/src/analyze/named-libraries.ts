import type { ImagePath } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { ImageView } from './analyzer.ts';
import { baseName, joinPath, parentPath, rootPath } from './image-path.ts';

const libraryDirectories = ['/usr/local/lib', '/lib', '/usr/lib', '/lib64', '/usr/lib64'] as ImagePath[];

/**
 * Libraries that a script loads by a literal (ctypes, FFI, Fiddle): a soname, a path, or a short name (`magic`
 * for `libmagic.so.1`). All versions that are there count, since it is not known which one is taken.
 */
export function findNamedLibraries(view: ImageView, from: ImagePath, names: readonly string[]): Fact[] {
  return names.flatMap((name) =>
    matchingLibraries(view, from, name).map(
      (to): Fact => ({ kind: 'needs', from, to, reason: { kind: 'elf-dlopen', of: from, name } }),
    ),
  );
}

function matchingLibraries(view: ImageView, from: ImagePath, name: string): readonly ImagePath[] {
  if (name === '' || name.includes('\0')) return [];
  if (name.includes('/')) {
    const path = name.startsWith('/') ? joinPath(rootPath, name) : joinPath(parentPath(from), name);
    return view.fileAt(path) === undefined ? [] : [path];
  }
  const wanted = name.includes('.so') ? name : `lib${name.replace(/^lib/, '')}.so`;
  const directories = libraryDirectories.flatMap((directory) => {
    const multiarch = view.tree
      .list(view.tree.resolve(directory).path)
      .filter((path) => /-linux-(?:gnu|musl)\w*$/.test(path));
    return [view.tree.resolve(directory).path, ...multiarch];
  });
  const found = [...new Set(directories)].flatMap((directory) =>
    view.tree
      .list(directory)
      .filter((path) => baseName(path) === wanted || baseName(path).startsWith(`${wanted}.`)),
  );
  return found.filter((path) => view.fileAt(path) !== undefined);
}
