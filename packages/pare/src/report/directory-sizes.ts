import type { FileTree, ImagePath, TreeFile } from '@pare/oci';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { DirectorySize } from '../model/run-report.ts';
import { type DirectoryTotal, toldDirectories } from './directory-totals.ts';

/** Smaller directories say little, and there are many. */
const leastBytes = 16 * 1024;

/** In the order of report.json. */
interface Sums {
  keptBytes: number;
  keptFiles: number;
  removedBytes: number;
  removedFiles: number;
}

type SumsIn = (directory: string) => Sums;

/**
 * Where the bytes of the fat image are and what becomes of them, for `RunReport.directories`: the root and directories to the fourth
 * level that hold at least 16 KiB. The content of hardlinks counts once: as kept when one of the names is kept. `totals` are those of all
 * the tree's files (`directoryTotals`).
 */
export function directorySizes(
  totals: readonly DirectoryTotal[],
  tree: Pick<FileTree, 'get'>,
  plan: Pick<ReductionPlan, 'kept'>,
): readonly DirectorySize[] {
  const all = new Map<string, Sums>();
  const sumsIn = (directory: string): Sums => {
    const known = all.get(directory);
    if (known !== undefined) return known;
    // The one above comes before it.
    if (directory !== '') sumsIn(above(directory));
    const sums = { keptBytes: 0, keptFiles: 0, removedBytes: 0, removedFiles: 0 };
    all.set(directory, sums);
    return sums;
  };
  sumsIn('');
  totals.forEach(([directory, files, bytes]) => {
    const sums = sumsIn(directory);
    sums.removedFiles = files;
    sums.removedBytes = bytes;
  });
  countKept(tree, plan, sumsIn);
  const sums = [...all];
  sums.toReversed().forEach(([directory, { keptBytes, keptFiles, removedBytes, removedFiles }]) => {
    if (directory === '') return;
    const withBelow = sumsIn(above(directory));
    withBelow.keptBytes += keptBytes;
    withBelow.keptFiles += keptFiles;
    withBelow.removedBytes += removedBytes;
    withBelow.removedFiles += removedFiles;
  });
  return sums
    .filter(([path, { keptBytes, removedBytes }]) => path === '' || keptBytes + removedBytes >= leastBytes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, sums]) => ({ path: (path || '/') as ImagePath, ...sums }));
}

/** Takes the kept files from what is removed. */
function countKept(tree: Pick<FileTree, 'get'>, plan: Pick<ReductionPlan, 'kept'>, sumsIn: SumsIn): void {
  const toldIn = toldDirectories();
  const withNames: TreeFile[] = [];
  plan.kept.forEach(({ path }) => {
    const entry = tree.get(path);
    if (entry?.kind !== 'file') return;
    const sums = sumsIn(toldIn(path));
    sums.keptFiles += 1;
    sums.removedFiles -= 1;
    if (entry.names.length > 0) {
      withNames.push(entry);
      return;
    }
    sums.keptBytes += entry.sizeBytes;
    sums.removedBytes -= entry.sizeBytes;
  });
  const keptNames = new Set(withNames.map(({ path }) => path));
  for (const { names, path, sizeBytes } of withNames) {
    // The content counts with the first of the kept names, and did with the first of all.
    if (names.find((name) => keptNames.has(name)) !== path) continue;
    sumsIn(toldIn(path)).keptBytes += sizeBytes;
    sumsIn(toldIn(names[0] ?? path)).removedBytes -= sizeBytes;
  }
}

function above(directory: string): string {
  return directory.slice(0, directory.lastIndexOf('/'));
}
