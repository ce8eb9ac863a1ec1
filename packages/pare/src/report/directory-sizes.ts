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
  // Entries of a directory stand together.
  let directory = '';
  let sum = emptySums();
  const own = new Map<string, Sums>([[directory, sum]]);
  for (const entry of tree.entries()) {
    if (entry.kind !== 'file') continue;
    const slash = entry.path.lastIndexOf('/');
    if (slash !== directory.length || !entry.path.startsWith(directory)) {
      directory = entry.path.slice(0, slash);
      sum = own.get(directory) ?? emptySums();
      own.set(directory, sum);
    }
    const holder = entry.names.length === 1 ? entry.path : entry.names.find((name) => kept.has(name));
    const bytes = (holder ?? entry.names[0]) === entry.path ? entry.sizeBytes : 0;
    if (kept.has(entry.path)) {
      sum.keptBytes += bytes;
      sum.keptFiles += 1;
    } else {
      sum.removedBytes += bytes;
      sum.removedFiles += 1;
    }
  }
  const sums = sumsWithBelow(own);
  return [...sums]
    .filter(([path, { keptBytes, removedBytes }]) => path === '/' || keptBytes + removedBytes >= leastBytes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, sum]) => ({ path: path as ImagePath, ...sum }));
}

/** The sums of directories with all that is below them, for those that are told of. */
function sumsWithBelow(own: ReadonlyMap<string, Sums>): ReadonlyMap<string, Sums> {
  const sums = new Map<string, Sums>([['/', emptySums()]]);
  for (const [directory, part] of own) {
    for (const path of toldOf(directory)) {
      const sum = sums.get(path) ?? emptySums();
      sums.set(path, sum);
      sum.keptBytes += part.keptBytes;
      sum.removedBytes += part.removedBytes;
      sum.keptFiles += part.keptFiles;
      sum.removedFiles += part.removedFiles;
    }
  }
  return sums;
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
