import type { FileTree, ImagePath, TreeEntry, TreeFile } from '@pare/oci';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { DirectorySize } from '../model/run-report.ts';

/** Deep enough for `/usr/lib/python3/dist-packages` and an application's own `node_modules/a`. */
const levels = 4;
/** Smaller directories say little, and there are many. */
const leastBytes = 16 * 1024;
/** Takes a few milliseconds. */
const entriesAtOnce = 8192;

/** In the order of report.json. */
interface Sums {
  keptBytes: number;
  keptFiles: number;
  removedBytes: number;
  removedFiles: number;
}

/**
 * Where the bytes of the fat image are and what becomes of them, for `RunReport.directories`: the root and directories to the fourth
 * level that hold at least 16 KiB. The content of hardlinks counts once: as kept when one of the names is kept. Yields wherever it may be left alone for a while.
 */
export function* directorySizes(
  tree: Pick<FileTree, 'entries'>,
  plan: Pick<ReductionPlan, 'kept'>,
): Generator<undefined, readonly DirectorySize[]> {
  const kept = new Set<string>(plan.kept.map(({ path }) => path));
  const sums = yield* sumsOf(tree, kept);
  return [...sumsWithBelow(sums)]
    .filter(([path, { keptBytes, removedBytes }]) => path === '' || keptBytes + removedBytes >= leastBytes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, sums]) => ({ path: (path || '/') as ImagePath, ...sums }));
}

/** By the directory in which a file is told of: its own, or the one at the last level above it. The root is an empty path here. */
function* sumsOf(
  tree: Pick<FileTree, 'entries'>,
  kept: ReadonlySet<string>,
): Generator<undefined, ReadonlyMap<string, Sums>> {
  const all = new Map<string, Sums>();
  let told = toldDirectory('/');
  let sums = sumsIn(all, told.path);
  const add = (entry: TreeEntry): void => {
    if (entry.kind !== 'file') return;
    const { path, names, sizeBytes } = entry;
    // What is told of together stands together.
    if (!isToldIn(path, told)) {
      told = toldDirectory(path);
      sums = sumsIn(all, told.path);
    }
    const bytes = names.length === 0 || holderOf(entry, kept) === path ? sizeBytes : 0;
    if (kept.has(path)) {
      sums.keptBytes += bytes;
      sums.keptFiles += 1;
    } else {
      sums.removedBytes += bytes;
      sums.removedFiles += 1;
    }
  };
  // A loop by the protocol of iterators takes several times as long until it is optimised: this is for tens of thousands of entries.
  const entries = [...tree.entries()];
  for (let at = 0; at < entries.length; at += entriesAtOnce) {
    entries.slice(at, at + entriesAtOnce).forEach(add);
    yield;
  }
  return all;
}

interface ToldDirectory {
  readonly path: string;
  /** Its path and a slash. */
  readonly start: string;
  /** Whether those below it are told of as part of it. */
  readonly isLast: boolean;
}

/** The directory in which a file is told of. */
function toldDirectory(file: string): ToldDirectory {
  let end = 0;
  for (let level = 0; level < levels; level += 1) {
    const slash = file.indexOf('/', end + 1);
    if (slash === -1) return { path: file.slice(0, end), start: file.slice(0, end + 1), isLast: false };
    end = slash;
  }
  return { path: file.slice(0, end), start: file.slice(0, end + 1), isLast: true };
}

function isToldIn(file: string, { start, isLast }: ToldDirectory): boolean {
  return file.startsWith(start) && (isLast || file.indexOf('/', start.length) === -1);
}

/** The name under which the content of a file with several counts. */
function holderOf({ names }: TreeFile, kept: ReadonlySet<string>): ImagePath | undefined {
  return names.find((name) => kept.has(name)) ?? names[0];
}

/** Adds what is in each directory to all those above it. */
function sumsWithBelow(own: ReadonlyMap<string, Sums>): ReadonlyMap<string, Sums> {
  const all = new Map<string, Sums>();
  for (const [directory, part] of own) {
    for (let path = directory; ; path = path.slice(0, path.lastIndexOf('/'))) {
      const sums = sumsIn(all, path);
      sums.keptBytes += part.keptBytes;
      sums.keptFiles += part.keptFiles;
      sums.removedBytes += part.removedBytes;
      sums.removedFiles += part.removedFiles;
      if (path === '') break;
    }
  }
  return all;
}

function sumsIn(all: Map<string, Sums>, path: string): Sums {
  const known = all.get(path);
  if (known !== undefined) return known;
  const sums = { keptBytes: 0, keptFiles: 0, removedBytes: 0, removedFiles: 0 };
  all.set(path, sums);
  return sums;
}
