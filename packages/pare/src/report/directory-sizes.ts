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
  for (const entry of tree.entries()) {
    if (entry.kind !== 'file') continue;
    const keeps = kept.has(entry.path);
    const holder = entry.names.find((name) => kept.has(name)) ?? entry.names[0];
    const bytes = holder === entry.path ? entry.sizeBytes : 0;
    for (const directory of ancestors(entry.path)) {
      const sum = sums.get(directory) ?? emptySums();
      sums.set(directory, sum);
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

/** The root and the directories above a path, as deep as is told. */
function* ancestors(path: string): Generator<string> {
  yield '/';
  let level = 0;
  for (let slash = path.indexOf('/', 1); slash > 0 && level < levels; slash = path.indexOf('/', slash + 1)) {
    yield path.slice(0, slash);
    level += 1;
  }
}
