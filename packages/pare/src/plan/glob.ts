import type { FileTree, ImagePath } from '@pare/oci';
import picomatch from 'picomatch';
import { baseName } from './system-paths.ts';

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

/** A segment of a glob: a plain name, a pattern, or `**`. */
type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'pattern'; readonly matches: (name: string) => boolean }
  | { readonly kind: 'any-depth' };

/** A glob that is ready to walk trees. */
export interface TreeGlob {
  readonly choices: readonly (readonly Segment[])[];
}

/** Prepares a glob. Segments may hold `*`, `?`, `[…]` and `{…}`; `**` is any number of directories. */
export function parseGlob(glob: string): TreeGlob {
  return { choices: expandBraces(glob).map((plain) => plain.split('/').filter(Boolean).map(parseSegment)) };
}

function parseSegment(text: string): Segment {
  if (text === '**') return { kind: 'any-depth' };
  if (!/[*?[]/.test(text)) return { kind: 'name', name: text };
  return { kind: 'pattern', matches: picomatch(text, options) };
}

/**
 * The paths of a tree that a glob matches, found by walking down its segments, so that the cost is that of the
 * directories it names. Links in the middle are not followed: write `/{usr/,}lib/…` for trees with and without a
 * merged /usr.
 */
export function expandGlob(tree: FileTree, glob: string | TreeGlob): readonly ImagePath[] {
  const found = new Set<ImagePath>();
  const { choices } = typeof glob === 'string' ? parseGlob(glob) : glob;
  for (const segments of choices) walk(tree, '/' as ImagePath, segments, 0, found);
  return [...found];
}

function walk(
  tree: FileTree,
  at: ImagePath,
  segments: readonly Segment[],
  position: number,
  found: Set<ImagePath>,
): void {
  const segment = segments[position];
  if (segment === undefined) {
    if (tree.get(at) !== undefined) found.add(at);
    return;
  }
  switch (segment.kind) {
    case 'name':
      walk(
        tree,
        (at === '/' ? `/${segment.name}` : `${at}/${segment.name}`) as ImagePath,
        segments,
        position + 1,
        found,
      );
      return;
    case 'pattern':
      for (const child of tree.list(at)) {
        if (segment.matches(baseName(child))) walk(tree, child, segments, position + 1, found);
      }
      return;
    case 'any-depth':
      if (position === segments.length - 1) {
        if (tree.get(at) !== undefined) found.add(at);
        for (const entry of tree.below(at)) found.add(entry.path);
        return;
      }
      walk(tree, at, segments, position + 1, found);
      for (const child of tree.list(at)) {
        if (tree.get(child)?.kind === 'directory') walk(tree, child, segments, position, found);
      }
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
