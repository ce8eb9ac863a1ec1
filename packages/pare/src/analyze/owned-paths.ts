import type { FileTree, ImagePath } from '@pare/oci';
import { joinPath, parentPath, rootPath } from './image-path.ts';

/**
 * Turns the paths that package databases list into those of the tree: links on the way are followed (merged
 * `/usr`), the last segment is not, and what is not there gives undefined. Directories are looked up once.
 */
export function createOwnedPaths(tree: FileTree): (listed: string) => ImagePath | undefined {
  const directories = new Map<string, ImagePath>();
  return (listed) => {
    const path = joinPath(rootPath, listed);
    const parent = parentPath(path);
    let real = directories.get(parent);
    if (real === undefined) {
      real = tree.resolve(parent).path;
      directories.set(parent, real);
    }
    const owned = path === '/' ? path : joinPath(real, path.slice(path.lastIndexOf('/') + 1));
    return tree.get(owned) === undefined ? undefined : owned;
  };
}

/** The compiled forms of a Python module that are in the tree, with their directory (PEP 3147). */
export function compiledPython(tree: FileTree, module: ImagePath): readonly ImagePath[] {
  if (!module.endsWith('.py')) return [];
  const directory = joinPath(parentPath(module), '__pycache__');
  const stem = `${directory}/${module.slice(module.lastIndexOf('/') + 1, -3)}.`;
  const compiled = tree.list(directory).filter((path) => path.startsWith(stem) && path.endsWith('.pyc'));
  return compiled.length === 0 ? [] : [directory, ...compiled];
}

/** Sorted, each path once. */
export function sortedPaths(paths: Iterable<ImagePath>): readonly ImagePath[] {
  return [...new Set(paths)].sort();
}
