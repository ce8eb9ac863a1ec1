import type { FileTree, ImagePath } from '@pare/oci';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { DirectorySize } from '../model/run-report.ts';

/** Deep enough for `/usr/lib/python3/dist-packages` and an application's own `node_modules/a`. */
const levels = 4;
/** Smaller directories say little, and there are many. */
const leastBytes = 16 * 1024;

interface Sums {
  keptBytes: number;
  removedBytes: number;
  keptFiles: number;
  removedFiles: number;
}

/**
 * Where the bytes of the fat image are and what becomes of them, for `RunReport.directories`: the root and directories to the fourth
 * level that hold at least 16 KiB. The content of hardlinks counts once: as kept when one of the names is kept.
 */
export function directorySizes(
  tree: Pick<FileTree, 'entries'>,
  plan: Pick<ReductionPlan, 'kept'>,
): readonly DirectorySize[] {
  const kept = new Set<string>(plan.kept.map(({ path }) => path));
  const sums = new Map<string, Sums>([['/', emptySums()]]);
  /** What the files of a directory count for. */
  const chains = new Map<string, readonly Sums[]>();
  const chainOf = (directory: string): readonly Sums[] => {
    const known = chains.get(directory);
    if (known !== undefined) return known;
    const chain = toldOf(directory).map((path) => {
      const sum = sums.get(path) ?? emptySums();
      sums.set(path, sum);
      return sum;
    });
    chains.set(directory, chain);
    return chain;
  };
  for (const entry of tree.entries()) {
    if (entry.kind !== 'file') continue;
    const keeps = kept.has(entry.path);
    const holder = entry.names.length === 1 ? entry.path : entry.names.find((name) => kept.has(name));
    const bytes = (holder ?? entry.names[0]) === entry.path ? entry.sizeBytes : 0;
    for (const sum of chainOf(entry.path.slice(0, entry.path.lastIndexOf('/')))) {
      if (keeps) {
        sum.keptBytes += bytes;
        sum.keptFiles += 1;
      } else {
        sum.removedBytes += bytes;
        sum.removedFiles += 1;
      }
    }
  }
  return [...sums]
    .filter(([path, { keptBytes, removedBytes }]) => path === '/' || keptBytes + removedBytes >= leastBytes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, sum]) => ({ path: path as ImagePath, ...sum }));
}

function emptySums(): Sums {
  return { keptBytes: 0, removedBytes: 0, keptFiles: 0, removedFiles: 0 };
}

/** A directory and those above it, as deep as is told; the root is an empty path here. */
function toldOf(directory: string): readonly string[] {
  const told = ['/'];
  for (
    let slash = directory.indexOf('/', 1);
    told.length <= levels;
    slash = directory.indexOf('/', slash + 1)
  ) {
    const path = slash === -1 ? directory : directory.slice(0, slash);
    if (path !== '') told.push(path);
    if (slash === -1) break;
  }
  return told;
}
