import type { FileTree, ImagePath, TreeEntry, TreeFile } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { KeepReason } from '../model/keep-reason.ts';
import { isProgramText } from './facts-wanted.ts';
import type { KeepSet } from './keep-set.ts';
import { baseName } from './system-paths.ts';

/** A path that would be good to have, if what it needs costs little. */
export interface Candidate {
  readonly path: ImagePath;
  readonly reason: KeepReason;
  /** What it and its needs may add, in bytes; files for which `isFree` is true count nothing. */
  readonly limitBytes: number;
  /** Paths that are candidates on the same grounds, such as those of the same package, itself included. */
  readonly isFree: (path: ImagePath) => boolean;
}

/** The facts of a file; undefined where they are not known yet. */
type FactsOfFile = (file: TreeFile) => readonly Fact[] | undefined;

export interface Candidates {
  offer(candidate: Candidate): void;
  /**
   * Accepts every candidate that can be afforded given what is kept now. Returns those accepted, in path order, and the
   * paths whose facts must be known before the others can be judged.
   */
  evaluate(facts: FactsOfFile): {
    readonly accepted: readonly Candidate[];
    readonly wanted: readonly ImagePath[];
  };
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
  offers: Iterable<readonly [ImagePath, Candidate[]]> = [],
): Candidates {
  const open = new Map(offers);
  return {
    offer(candidate) {
      const present = open.get(candidate.path);
      if (present === undefined) open.set(candidate.path, [candidate]);
      else present.push(candidate);
    },
    evaluate(facts) {
      const accepted: Candidate[] = [];
      const wanted = new Set<ImagePath>();
      for (const path of [...open.keys()].sort()) {
        const rest = (open.get(path) ?? []).filter((candidate) => {
          const affordable = isAffordable(candidate, tree, kept, facts, wanted);
          if (affordable) accepted.push(candidate);
          return !affordable;
        });
        if (rest.length === 0) open.delete(path);
        else open.set(path, rest);
      }
      return { accepted, wanted: [...wanted].sort() };
    },
    copy: (other, renew) =>
      createCandidates(
        tree,
        other,
        Array.from(open, ([path, all]) => [
          path,
          all.map((each) => ({ ...each, reason: renew(each.reason) })),
        ]),
      ),
  };
}

/** Walks what a candidate leads to. False when it costs too much, or (for now) when facts are wanting. */
function isAffordable(
  candidate: Candidate,
  tree: FileTree,
  kept: KeepSet,
  facts: FactsOfFile,
  wanted: Set<ImagePath>,
): boolean {
  const seen = new Set<ImagePath>();
  const queue: TreeEntry[] = [];
  let costBytes = 0;
  let known = true;
  lead(tree, candidate.path, queue);
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
    const { path } = entry;
    if (seen.has(path)) continue;
    seen.add(path);
    if (kept.has(path)) continue;
    if (entry.kind === 'symlink') lead(tree, path, queue);
    if (entry.kind !== 'file') continue;
    if (!candidate.isFree(path)) costBytes += entry.sizeBytes;
    if (costBytes > candidate.limitBytes) return false;
    const found = facts(entry);
    if (found === undefined) {
      wanted.add(path);
      known = false;
      continue;
    }
    for (const fact of found) {
      if (fact.kind !== 'needs') continue;
      if (fact.reason.kind === 'elf-needed' || fact.reason.kind === 'elf-interpreter')
        lead(tree, fact.to, queue);
      // A module that can be run too (python's tarfile.py) is imported without `env`; a script is not.
      const isModule = isProgramText(path) && baseName(fact.to) === 'env';
      if (fact.reason.kind === 'shebang' && (entry.mode & 0o111) !== 0 && !isModule) {
        const interpreter = tree.resolve(fact.to).path;
        if (!kept.has(interpreter) && !candidate.isFree(interpreter)) return false;
      }
    }
  }
  return known;
}

/** Adds the links on the way to what a path leads to, and that. */
function lead(tree: FileTree, path: ImagePath, queue: TreeEntry[]): void {
  const { entry, links } = tree.resolve(path);
  for (const link of links) {
    const on = tree.get(link);
    if (on !== undefined) queue.push(on);
  }
  if (entry !== undefined) queue.push(entry);
}
