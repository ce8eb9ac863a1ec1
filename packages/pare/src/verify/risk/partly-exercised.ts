import type { KeepReason } from '../../model/keep-reason.ts';
import type { Ecosystem } from '../../model/package.ts';
import type { ReductionPlan } from '../../model/reduction-plan.ts';
import type { PartlyExercised } from '../../model/risk.ts';

interface Counts {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  keptFiles: number;
  usedFiles: number;
}

type PackageFile = Extract<KeepReason, { readonly kind: 'package-file' }>;

/**
 * Kept packages of which only a part was seen in use: what their other files are needed for, no probe exercised. `isFile` says whether a
 * kept path is a file: directories and links are neither used nor not.
 */
export function partlyExercised(
  { kept }: Pick<ReductionPlan, 'kept'>,
  isFile: (path: string) => boolean,
): readonly PartlyExercised[] {
  const packages = new Map<string, Counts>();
  const countsOf = (key: string, { ecosystem, package: name }: PackageFile): Counts => {
    const counts = packages.get(key) ?? { ecosystem, name, keptFiles: 0, usedFiles: 0 };
    packages.set(key, counts);
    return counts;
  };
  // These are thousands: a loop by the protocol of iterators takes several times as long until it is optimised.
  kept.forEach(({ path, reasons }) => {
    const owners = reasons.filter((reason) => reason.kind === 'package-file');
    if (owners.length === 0 || !isFile(path)) return;
    const used = reasons.some(({ kind }) => kind === 'observed');
    const byKey = new Map(owners.map((owner) => [`${owner.ecosystem} ${owner.package}`, owner]));
    byKey.forEach((owner, key) => {
      const counts = countsOf(key, owner);
      counts.keptFiles += 1;
      if (used) counts.usedFiles += 1;
    });
  });
  return [...packages.values()]
    .filter(({ keptFiles, usedFiles }) => usedFiles > 0 && usedFiles < keptFiles)
    .sort((a, b) => unused(b) - unused(a) || (a.name < b.name ? -1 : 1));
}

function unused({ keptFiles, usedFiles }: Counts): number {
  return keptFiles - usedFiles;
}
