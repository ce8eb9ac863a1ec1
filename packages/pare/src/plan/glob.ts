import type { FileTree, ImagePath } from '@pare/oci';
import picomatch from 'picomatch';
import { baseName } from './system-paths.ts';

/**
 * One predicate for many globs of Pare's own tables: true when any matches the whole path. They are translated here and
 * not by picomatch, whose expressions guard against `.` and `..` at every star: image paths have neither, and a plan asks
 * a million times. No glob: never true. The tables are translated when they are first asked: that is not while a program starts.
 */
export function matchAny(globs: readonly string[]): (path: string) => boolean {
  let patterns: readonly GlobPattern[] | undefined;
  return (path) => {
    patterns ??= patternsOf(globs);
    return patterns.some(({ part, pattern }) => path.includes(part) && pattern.test(path));
  };
}

/** An expression of globs that have a part in common. */
interface GlobPattern {
  readonly part: string;
  readonly pattern: RegExp;
}

function patternsOf(globs: readonly string[]): readonly GlobPattern[] {
  const groups = new Map<string, string[]>();
  for (const glob of globs.flatMap(expandBraces)) {
    const sources = groups.get(plainPart(glob)) ?? [];
    groups.set(plainPart(glob), [...sources, expressionOf(glob)]);
  }
  return [...groups].map(([part, sources]) => ({
    part,
    pattern: new RegExp(`^(?:${sources.join('|')})$`, 's'),
  }));
}

/** The longest part that is in every path that a glob matches, slashes beside `**` left out: looked for before anything is tried. */
function plainPart(glob: string): string {
  const parts = glob.replaceAll(/\/?\*\*\/?/g, '*').split(/\*|\?|\[[^\]]*\]?/);
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

/** `**` between slashes is any number of directories; at the end it also matches nothing. `[!…]` is any other character. */
function expressionOf(glob: string): string {
  return glob
    .replace(/[.+^$()|\\{}]/g, '\\$&')
    .replaceAll('?', '[^/]')
    .replaceAll('[!', '[^/')
    .replaceAll('/**/', '\0')
    .replace(/^\*\*\//, '\u0001')
    .replace(/\/\*\*$/, '\u0002')
    .replaceAll('*', '[^/]*')
    .replaceAll('\0', '/(?:.*/)?')
    .replaceAll('\u0001', '(?:.*/)?')
    .replaceAll('\u0002', '(?:/.*)?');
}

/** A user's glob in picomatch's syntax; one that matches a directory also means everything below it. */
export function matchSubtree(glob: string): (path: string) => boolean {
  const bare = glob.length > 1 ? glob.replace(/\/+$/, '') : glob;
  return picomatch(bare === '/' ? ['/', '/**'] : [bare, `${bare}/**`], { dot: true, nonegate: true });
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
  return { kind: 'pattern', matches: matchAny([text]) };
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
