import type { FileTree, ImagePath } from '@pare/oci';
import picomatch from 'picomatch';
import { matchTables } from './glob-automaton.ts';
import { expandBraces, matchName, parseSegment, type Segment } from './glob-segments.ts';
import { baseName } from './system-paths.ts';

/**
 * One predicate for many globs of Pare's own tables: true when any matches the whole path. `**` between slashes is any number of
 * directories; at the end it also matches nothing. No glob: never true. The tables are taken apart when they are first asked: that is not
 * while a program starts.
 */
export function matchAny(globs: readonly string[]): (path: string) => boolean {
  const tablesOf = matchEach([globs]);
  return (path) => tablesOf(path).length > 0;
}

/** As `matchAny`, for several tables at once: the places in the list of those that match, in order. */
export function matchEach(tables: readonly (readonly string[])[]): (path: string) => readonly number[] {
  let tablesOf: ((path: string) => readonly number[]) | undefined;
  return (path) => {
    tablesOf ??= matchTables(tables);
    return tablesOf(path);
  };
}

/** A user's glob in picomatch's syntax; one that matches a directory also means everything below it. */
export function matchSubtree(glob: string): (path: string) => boolean {
  const bare = glob.length > 1 ? glob.replace(/\/+$/, '') : glob;
  return picomatch(bare === '/' ? ['/', '/**'] : [bare, `${bare}/**`], { dot: true, nonegate: true });
}

/** A segment that is ready to be looked for. */
type TreeSegment =
  | Exclude<Segment, { kind: 'pattern' }>
  | { readonly kind: 'pattern'; readonly matches: (name: string) => boolean };

/** A glob that is ready to walk trees. */
export interface TreeGlob {
  readonly choices: readonly (readonly TreeSegment[])[];
}

/** Prepares a glob. Segments may hold `*`, `?`, `[…]` and `{…}`; `**` is any number of directories. */
export function parseGlob(glob: string): TreeGlob {
  return { choices: expandBraces(glob).map((plain) => plain.split('/').filter(Boolean).map(treeSegment)) };
}

function treeSegment(text: string): TreeSegment {
  const segment = parseSegment(text);
  return segment.kind === 'pattern' ? { kind: 'pattern', matches: matchName(segment.text) } : segment;
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
  segments: readonly TreeSegment[],
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
      walkAnyDepth(tree, at, segments, position + 1, found);
  }
}

/** What is below a directory stands together: names at the end are looked for there, and no directory is listed. */
function walkAnyDepth(
  tree: FileTree,
  at: ImagePath,
  segments: readonly TreeSegment[],
  position: number,
  found: Set<ImagePath>,
): void {
  const segment = segments[position];
  if (segment?.kind === 'pattern' && position === segments.length - 1) {
    for (const { path } of tree.below(at)) if (segment.matches(baseName(path))) found.add(path);
    return;
  }
  walk(tree, at, segments, position, found);
  for (const { kind, path } of tree.below(at)) {
    if (kind === 'directory') walk(tree, path, segments, position, found);
  }
}
