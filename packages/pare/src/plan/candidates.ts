import type { FileTree, ImagePath, TreeEntry, TreeFile } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { KeepReason } from '../model/keep-reason.ts';
import type { Package } from '../model/package.ts';
import { isProgramText } from './facts-wanted.ts';
import type { KeepSet } from './keep-set.ts';
import { itemsUntilPause } from './pauses.ts';
import { baseName } from './system-paths.ts';

/** What counts nothing among the needs of a candidate: nothing but itself, parts of a package, or paths that are candidates together. */
export type FreeNeeds =
  | { readonly kind: 'none' }
  | { readonly kind: 'itself' }
  | { readonly kind: 'package'; readonly package: Package }
  | { readonly kind: 'together'; readonly paths: ReadonlySet<ImagePath> };

/** On what grounds paths would be good to have, if what each of them needs costs little. */
export interface Grounds {
  readonly reason: KeepReason;
  /** What a path and its needs may add, in bytes; those that are free count nothing. */
  readonly limitBytes: number;
  readonly free: FreeNeeds;
}

/** Paths, and on what grounds they are offered. */
export type Offer = readonly [Grounds, readonly ImagePath[]];

/** The facts of a file; undefined where they are not known yet. */
type FactsOfFile = (file: TreeFile) => readonly Fact[] | undefined;

/** What came of looking at all candidates once. */
interface Evaluation {
  readonly accepted: readonly { readonly path: ImagePath; readonly reason: KeepReason }[];
  readonly wanted: ReadonlySet<ImagePath>;
}

export interface Candidates {
  offer(grounds: Grounds, paths: readonly ImagePath[]): void;
  /**
   * Accepts every candidate that can be afforded given what is kept now. Returns those accepted, in no order, and the
   * paths whose facts must be known before the others can be judged. Yields wherever it may be left alone for a while, as long as nothing
   * else is kept meanwhile.
   */
  evaluate(facts: FactsOfFile): Generator<undefined, Evaluation>;
  /** What is neither accepted nor afforded until now. */
  left(): readonly Offer[];
}

/** What candidates are judged by. */
export interface CandidatePolicy {
  readonly tree: FileTree;
  readonly kept: KeepSet;
  /** Whether a file belongs to what is kept of a whole package. */
  readonly isPartOf: (pkg: Package, path: ImagePath) => boolean;
}

/**
 * Bounds what is kept in reserve. A plug-in that the run did not load stays when the libraries that it links to are kept
 * anyway or are small; one that would bring a 130 MB library does not, nor does a script without its interpreter.
 *
 * The more is kept, the less a candidate costs: acceptance is monotone, so repeated evaluation ends in one least fixed
 * point, whatever the order of offers.
 */
export function createCandidates(policy: CandidatePolicy, offers: readonly Offer[] = []): Candidates {
  let open = [...offers];
  return {
    offer(grounds, paths) {
      if (paths.length > 0) open.push([grounds, paths]);
    },
    *evaluate(facts) {
      let looked = 0;
      const accepted: { readonly path: ImagePath; readonly reason: KeepReason }[] = [];
      const wanted = new Set<ImagePath>();
      const left: Offer[] = [];
      for (const offered of open) {
        const [grounds, paths] = offered;
        const rest: ImagePath[] = [];
        for (const path of paths) {
          if (looked % itemsUntilPause === 0) yield;
          looked += 1;
          if (isAffordable(path, grounds, policy, facts, wanted))
            accepted.push({ path, reason: grounds.reason });
          else rest.push(path);
        }
        if (rest.length > 0) left.push(rest.length === paths.length ? offered : [grounds, rest]);
      }
      open = left;
      return { accepted, wanted };
    },
    left: () => open,
  };
}

function isFree(
  path: ImagePath,
  candidate: ImagePath,
  free: FreeNeeds,
  isPartOf: CandidatePolicy['isPartOf'],
): boolean {
  switch (free.kind) {
    case 'none':
      return false;
    case 'itself':
      return path === candidate;
    case 'package':
      return isPartOf(free.package, path);
    case 'together':
      return free.paths.has(path);
  }
}

/** Walks what a path leads to. False when it costs too much, or (for now) when facts are wanting. */
function isAffordable(
  candidate: ImagePath,
  { limitBytes, free }: Grounds,
  { tree, kept, isPartOf }: CandidatePolicy,
  facts: FactsOfFile,
  wanted: Set<ImagePath>,
): boolean {
  const queue = reachedBy(tree, candidate);
  // Most lead to nothing else: only what comes after that can have been seen before.
  const direct = queue.length;
  let seen: Set<TreeEntry> | undefined;
  let costBytes = 0;
  let known = true;
  for (let at = 0; at < queue.length; at += 1) {
    const entry = queue[at];
    if (entry === undefined) continue;
    if (at >= direct) {
      seen ??= new Set(queue.slice(0, direct));
      if (seen.has(entry)) continue;
      seen.add(entry);
    }
    const { path } = entry;
    if (kept.has(path)) continue;
    // Where the candidate itself leads to is in the queue.
    if (entry.kind === 'symlink' && path !== candidate) queue.push(...reachedBy(tree, path));
    if (entry.kind !== 'file') continue;
    if (!isFree(path, candidate, free, isPartOf)) costBytes += entry.sizeBytes;
    if (costBytes > limitBytes) return false;
    const found = facts(entry);
    if (found === undefined) {
      wanted.add(path);
      known = false;
      continue;
    }
    for (const fact of found) {
      if (fact.kind !== 'needs') continue;
      if (fact.reason.kind === 'elf-needed' || fact.reason.kind === 'elf-interpreter')
        queue.push(...reachedBy(tree, fact.to));
      // A module that can be run too (python's tarfile.py) is imported without `env`; a script is not.
      const isModule = isProgramText(path) && baseName(fact.to) === 'env';
      if (fact.reason.kind === 'shebang' && (entry.mode & 0o111) !== 0 && !isModule) {
        const interpreter = tree.resolve(fact.to).path;
        if (!kept.has(interpreter) && !isFree(interpreter, candidate, free, isPartOf)) return false;
      }
    }
  }
  return known;
}

/** The links on the way to what a path leads to, and that. */
function reachedBy(tree: FileTree, path: ImagePath): TreeEntry[] {
  const { entry, links } = tree.resolve(path);
  const end = entry === undefined ? [] : [entry];
  if (links.length === 0) return end;
  return [...links.flatMap((link) => tree.get(link) ?? []), ...end];
}
