import type { FileTree, ImagePath, TreeEntry, TreeFile } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { KeepReason } from '../model/keep-reason.ts';
import { isProgramText } from './facts-wanted.ts';
import type { KeepSet } from './keep-set.ts';
import { itemsUntilPause } from './pauses.ts';
import { baseName } from './system-paths.ts';

/** On what grounds paths would be good to have, if what each of them needs costs little. */
export interface Grounds {
  readonly reason: KeepReason;
  /** What a path and its needs may add, in bytes; files for which `isFree` is true count nothing. */
  readonly limitBytes: number;
  /** Paths that are candidates on the same grounds, such as those of the same package, itself included. */
  readonly isFree: (path: ImagePath) => boolean;
}

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
  /** The same offers beside another keep-set. `renew` gives the reason that takes another's place. */
  copy(kept: KeepSet, renew: (reason: KeepReason) => KeepReason): Candidates;
}

/**
 * Bounds what is kept in reserve. A plug-in that the run did not load stays when the libraries that it links to are kept
 * anyway or are small; one that would bring a 130 MB library does not, nor does a script without its interpreter.
 *
 * The more is kept, the less a candidate costs: acceptance is monotone, so repeated evaluation ends in one least fixed
 * point, whatever the order of offers.
 */
export function createCandidates(
  tree: FileTree,
  kept: KeepSet,
  offers: Iterable<readonly [Grounds, readonly ImagePath[]]> = [],
): Candidates {
  let open = [...offers];
  return {
    offer(grounds, paths) {
      if (paths.length > 0) open.push([grounds, paths]);
    },
    *evaluate(facts) {
      let looked = 0;
      const accepted: { readonly path: ImagePath; readonly reason: KeepReason }[] = [];
      const wanted = new Set<ImagePath>();
      const left: (readonly [Grounds, readonly ImagePath[]])[] = [];
      for (const offered of open) {
        const [grounds, paths] = offered;
        const rest: ImagePath[] = [];
        for (const path of paths) {
          if (looked % itemsUntilPause === 0) yield;
          looked += 1;
          if (isAffordable(path, grounds, tree, kept, facts, wanted))
            accepted.push({ path, reason: grounds.reason });
          else rest.push(path);
        }
        if (rest.length > 0) left.push(rest.length === paths.length ? offered : [grounds, rest]);
      }
      open = left;
      return { accepted, wanted };
    },
    copy: (other, renew) =>
      createCandidates(
        tree,
        other,
        open.map(([grounds, paths]) => [{ ...grounds, reason: renew(grounds.reason) }, paths] as const),
      ),
  };
}

/** Walks what a path leads to. False when it costs too much, or (for now) when facts are wanting. */
function isAffordable(
  candidate: ImagePath,
  { limitBytes, isFree }: Grounds,
  tree: FileTree,
  kept: KeepSet,
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
    if (!isFree(path)) costBytes += entry.sizeBytes;
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
        if (!kept.has(interpreter) && !isFree(interpreter)) return false;
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
