import type { Ecosystem } from '../../model/package.ts';
import type { ReductionPlan } from '../../model/reduction-plan.ts';
import type { PartlyExercised } from '../../model/risk.ts';

interface Counts {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  keptFiles: number;
  usedFiles: number;
}

/**
 * Kept packages of which only a part was seen in use: what their other files are needed for, no probe exercised. `isFile` says whether a
 * kept path is a file: directories and links are neither used nor not.
 */
export function partlyExercised(
  { kept }: Pick<ReductionPlan, 'kept'>,
  isFile: (path: string) => boolean,
): readonly PartlyExercised[] {
  const packages = new Map<string, Counts>();
  for (const { path, reasons } of kept) {
    if (!isFile(path)) continue;
    const used = reasons.some(({ kind }) => kind === 'observed');
    const seen = new Set<string>();
    for (const reason of reasons) {
      if (reason.kind !== 'package-file') continue;
      const key = `${reason.ecosystem} ${reason.package}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const counts = packages.get(key) ?? {
        ecosystem: reason.ecosystem,
        name: reason.package,
        keptFiles: 0,
        usedFiles: 0,
      };
      counts.keptFiles += 1;
      if (used) counts.usedFiles += 1;
      packages.set(key, counts);
    }
  }
  return [...packages.values()]
    .filter(({ keptFiles, usedFiles }) => usedFiles > 0 && usedFiles < keptFiles)
    .sort((a, b) => unused(b) - unused(a) || (a.name < b.name ? -1 : 1));
}

function unused({ keptFiles, usedFiles }: Counts): number {
  return keptFiles - usedFiles;
}
