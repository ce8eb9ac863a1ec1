import type { FileTree, ImagePath, TreeEntry } from '@pare/oci';
import type { KeepReason } from '../model/keep-reason.ts';
import { isInRuntimeMount, parentOf } from './system-paths.ts';

/**
 * How strong the grounds for a path are. `used`: the run, the image config or the application's own code points at it,
 * so that what it leads to counts as used too. `reserve`: it is there for what a probe did not reach (a whole package, a
 * family's rule), and must not widen the plan beyond what it links to.
 */
export type Evidence = 'reserve' | 'used';

export interface Kept {
  readonly entry: TreeEntry;
  /** Where it stands in the tree. */
  readonly place: number;
  readonly evidence: Evidence;
  /** Whether it is run by itself, so that the interpreter that it names is needed. */
  readonly isProgram: boolean;
  readonly reasons: readonly KeepReason[];
}

/** One that the set itself added, or took over to change it. */
interface OwnKept extends Kept {
  evidence: Evidence;
  isProgram: boolean;
  readonly reasons: KeepReason[];
}

/** A path that has reasons to be kept but is excluded by the user. */
export interface Refusal {
  readonly path: ImagePath;
  readonly reason: KeepReason;
}

/** A growing set of kept paths, closed under parent directories and symbolic links. It never shrinks. */
export interface KeepSet {
  /**
   * Keeps what a path leads to, every link walked on the way and all their parents. Returns the path at the end, or
   * undefined when nothing is there (links that dangle are kept all the same) or it is excluded.
   */
  keep(path: ImagePath, evidence: Evidence, reason: KeepReason): ImagePath | undefined;
  get(path: ImagePath): Kept | undefined;
  has(path: ImagePath): boolean;
  /** Takes what is new, or whose evidence rose, since the last call. */
  takeChanged(): readonly Kept[];
  nodes(): Iterable<Kept>;
  /** All that is kept now, for another set to begin with; this one must not grow any more. */
  all(): ReadonlyMap<ImagePath, Kept>;
  readonly refusals: readonly Refusal[];
}

const programReasons: ReadonlySet<KeepReason['kind']> = new Set([
  'image-config',
  'application-file',
  'script-command',
  'include-rule',
  'put-back',
]);

/** Whether a reason says that a path is run, rather than read by something that is. */
function isRun(reason: KeepReason): boolean {
  if (reason.kind === 'observed') return reason.accesses.includes('execute');
  return programReasons.has(reason.kind);
}

/**
 * Makes a keep-set over a tree, which begins with what was kept `before`, by paths. `isExcluded` is asked for exact paths; the root is
 * never excluded.
 */
export function createKeepSet(
  tree: FileTree,
  isExcluded: (path: ImagePath) => boolean,
  before: ReadonlyMap<ImagePath, Kept> = new Map(),
): KeepSet {
  const own = new Map<ImagePath, OwnKept>();
  const refusals: Refusal[] = [];
  const refused = new Set<ImagePath>();
  let changed: Kept[] = [];

  /** Most of what was kept before stays as it was. */
  function changeable(path: ImagePath): OwnKept | undefined {
    const known = own.get(path);
    const same = known === undefined ? before.get(path) : undefined;
    if (same === undefined) return known;
    const taken = { ...same, reasons: [...same.reasons] };
    own.set(path, taken);
    return taken;
  }

  const get = (path: ImagePath): Kept | undefined => own.get(path) ?? before.get(path);

  function addExactly(entry: TreeEntry, evidence: Evidence, reason: KeepReason, isProgram: boolean): boolean {
    const present = changeable(entry.path);
    if (present !== undefined) {
      present.reasons.push(reason);
      const rises = present.evidence === 'reserve' && evidence === 'used';
      if (rises) present.evidence = 'used';
      if (rises || (isProgram && !present.isProgram)) changed.push(present);
      present.isProgram ||= isProgram;
      return true;
    }
    if (entry.path !== '/' && isExcluded(entry.path)) {
      if (!refused.has(entry.path)) {
        refused.add(entry.path);
        refusals.push({ path: entry.path, reason });
      }
      return false;
    }
    if (entry.path !== '/' && !addParent(entry.path)) return false;
    const place = tree.placeOf(entry.path) ?? 0;
    const added: OwnKept = { entry, place, evidence, isProgram, reasons: [reason] };
    own.set(entry.path, added);
    changed.push(added);
    return true;
  }

  function addParent(path: ImagePath): boolean {
    const directory = parentOf(path);
    const present = get(directory);
    // That something is in it says nothing of a directory that is kept for itself: of thousands it would be said thousands of times.
    if (present !== undefined && present.reasons[0]?.kind !== 'parent-directory') return true;
    const entry = present?.entry ?? tree.get(directory);
    const reason: KeepReason = { kind: 'parent-directory', of: path };
    return entry === undefined || addExactly(entry, 'reserve', reason, false);
  }

  function keep(path: ImagePath, evidence: Evidence, reason: KeepReason): ImagePath | undefined {
    if (isInRuntimeMount(path)) return undefined;
    const { entry, path: end, links } = tree.resolve(path);
    let isLink = false;
    for (const link of links) {
      const linkEntry = tree.get(link);
      if (linkEntry === undefined) continue;
      if (link === path) isLink = true;
      const onTheWay: KeepReason = { kind: 'symlink-on-the-way', to: path };
      addExactly(linkEntry, evidence, link === path ? reason : onTheWay, false);
    }
    if (entry === undefined || isInRuntimeMount(end)) return undefined;
    const atEnd: KeepReason = isLink ? { kind: 'symlink-target', of: path } : reason;
    const ends = addExactly(entry, evidence, atEnd, isRun(reason));
    return ends ? end : undefined;
  }

  return {
    keep,
    get,
    has: (path) => own.has(path) || before.has(path),
    takeChanged() {
      const taken = changed;
      changed = [];
      return taken;
    },
    *nodes() {
      yield* own.values();
      for (const [path, node] of before) if (!own.has(path)) yield node;
    },
    all: () => (before.size === 0 ? own : new Map<ImagePath, Kept>([...before, ...own])),
    refusals,
  };
}

/** Kept paths in the order of the tree. */
export function inOrder(nodes: Iterable<Kept>): readonly Kept[] {
  return [...nodes].sort((a, b) => a.place - b.place);
}
