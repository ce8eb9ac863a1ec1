import type { FileTree, ImagePath } from '@pare/oci';

/**
 * Paths as they are kept for the next run of the same image, whose tree has them again at the same places: the place of the first of some
 * that follow each other, and how many these are. One that the tree lacks stands for itself.
 */
export type PathRuns = readonly (number | ImagePath)[];

/** What is to be kept of some paths, in their order. */
export function encodePaths(paths: Iterable<ImagePath>, tree: FileTree): PathRuns {
  const runs: (number | ImagePath)[] = [];
  let first = 0;
  let count = 0;
  const end = () => {
    if (count > 0) runs.push(first, count);
    count = 0;
  };
  for (const path of paths) {
    const place = tree.placeOf(path);
    if (place !== undefined && count > 0 && place === first + count) {
      count += 1;
      continue;
    }
    end();
    if (place === undefined) runs.push(path);
    else {
      first = place;
      count = 1;
    }
  }
  end();
  return runs;
}

/** The paths that `encodePaths` was given for an equal tree; undefined where it was another. */
export function decodePaths(runs: PathRuns, { paths }: Pick<FileTree, 'paths'>): ImagePath[] | undefined {
  const decoded: ImagePath[] = [];
  for (let at = 0; at < runs.length; at += 1) {
    const first = runs[at];
    if (typeof first === 'string') {
      decoded.push(first);
      continue;
    }
    at += 1;
    const count = runs[at];
    if (first === undefined || typeof count !== 'number' || first + count > paths.length) return undefined;
    addRun(decoded, paths, first, first + count);
  }
  return decoded;
}

/** How many paths `encodePaths` was given. */
export function countPaths(runs: PathRuns): number {
  let count = 0;
  for (let at = 0; at < runs.length; at += 1) {
    const isRun = typeof runs[at] === 'number';
    if (isRun) at += 1;
    const length = runs[at];
    count += isRun && typeof length === 'number' ? length : 1;
  }
  return count;
}

/** Adds the paths from one place up to another. */
export function addRun(to: ImagePath[], paths: readonly ImagePath[], start: number, end: number): void {
  for (let place = start; place < end; place += 1) {
    const path = paths[place];
    if (path !== undefined) to.push(path);
  }
}
