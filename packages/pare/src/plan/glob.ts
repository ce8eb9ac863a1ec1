import type { FileTree, ImagePath } from '@pare/oci';
import picomatch from 'picomatch';

const options = { dot: true, nonegate: true } as const;

/** One predicate for many globs: true when any matches the whole path. No glob: never true. */
export function matchAny(globs: readonly string[]): (path: string) => boolean {
  if (globs.length === 0) return () => false;
  const sources = globs.flatMap(expandBraces).map((glob) => picomatch.makeRe(glob, options).source);
  const pattern = new RegExp(sources.join('|'));
  return (path) => pattern.test(path);
}

/** As `matchAny`, where a glob that matches a directory also means everything below it. */
export function matchSubtree(glob: string): (path: string) => boolean {
  const bare = glob.length > 1 ? glob.replace(/\/+$/, '') : glob;
  return matchAny(bare === '/' ? ['/', '/**'] : [bare, `${bare}/**`]);
}

/**
 * The paths of a tree that a glob matches, found by walking down its segments, so that the cost is that of the
 * directories it names. Segments may hold `*`, `?`, `[…]` and `{…}`; `**` is any number of directories. Links in the
 * middle are not followed: write `/{usr/,}lib/…` for trees with and without merged /usr.
 */
export function expandGlob(tree: FileTree, glob: string): readonly ImagePath[] {
  const found = new Set<ImagePath>();
  for (const plain of expandBraces(glob)) {
    walk(tree, '/' as ImagePath, plain.split('/').filter(Boolean), found);
  }
  return [...found];
}

function walk(tree: FileTree, at: ImagePath, segments: readonly string[], found: Set<ImagePath>): void {
  const [head, ...rest] = segments;
  if (head === undefined) {
    if (tree.get(at) !== undefined) found.add(at);
    return;
  }
  if (head === '**') {
    if (rest.length === 0) {
      if (tree.get(at) !== undefined) found.add(at);
      for (const entry of tree.below(at)) found.add(entry.path);
      return;
    }
    walk(tree, at, rest, found);
    for (const child of tree.list(at)) {
      if (tree.get(child)?.kind === 'directory') walk(tree, child, segments, found);
    }
    return;
  }
  if (!/[*?[]/.test(head)) {
    walk(tree, (at === '/' ? `/${head}` : `${at}/${head}`) as ImagePath, rest, found);
    return;
  }
  const matches = picomatch(head, options);
  for (const child of tree.list(at)) {
    if (matches(child.slice(child.lastIndexOf('/') + 1))) walk(tree, child, rest, found);
  }
}

/** `/{usr/,}lib/{a,b}` → the four plain globs. Braces do not nest. */
function expandBraces(glob: string): readonly string[] {
  const open = glob.indexOf('{');
  const close = glob.indexOf('}', open);
  if (open < 0 || close < 0) return [glob];
  const tails = expandBraces(glob.slice(close + 1));
  return glob
    .slice(open + 1, close)
    .split(',')
    .flatMap((choice) => tails.map((tail) => glob.slice(0, open) + choice + tail));
}
