import type { KeepReason } from '../../model/keep-reason.ts';
import type { Ecosystem } from '../../model/package.ts';
import type { ReductionPlan } from '../../model/reduction-plan.ts';
import type { PartlyExercised } from '../../model/risk.ts';

interface Counts {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  keptFiles: number;
  usedFiles: number;
  /** The path that was counted last: it may belong to the package for several reasons. */
  last: string | undefined;
}

type PackageFile = Extract<KeepReason, { readonly kind: 'package-file' }>;

const isPackageFile = (reason: KeepReason): reason is PackageFile => reason.kind === 'package-file';
const isObserved = ({ kind }: KeepReason): boolean => kind === 'observed';

/**
 * Kept packages of which only a part was seen in use: what their other files are needed for, no probe exercised. `isFile` says whether a
 * kept path is a file: directories and links are neither used nor not.
 */
export function partlyExercised(
  { kept }: Pick<ReductionPlan, 'kept'>,
  isFile: (path: string) => boolean,
): readonly PartlyExercised[] {
  const packages: Counts[] = [];
  const countsOf = countsByPackage(packages);
  // These are thousands: a loop by the protocol of iterators takes several times as long until it is optimised.
  kept.forEach(({ path, reasons }) => {
    if (!reasons.some(isPackageFile) || !isFile(path)) return;
    const used = reasons.some(isObserved);
    reasons.forEach((reason) => {
      if (!isPackageFile(reason)) return;
      const counts = countsOf(reason);
      if (counts.last === path) return;
      counts.last = path;
      counts.keptFiles += 1;
      if (used) counts.usedFiles += 1;
    });
  });
  return packages
    .filter(({ keptFiles, usedFiles }) => usedFiles > 0 && usedFiles < keptFiles)
    .sort((a, b) => unused(b) - unused(a) || (a.name < b.name ? -1 : 1))
    .map(({ ecosystem, name, keptFiles, usedFiles }) => ({ ecosystem, name, keptFiles, usedFiles }));
}

/** Finds the counts of a reason's package, or adds them to `packages`. */
function countsByPackage(packages: Counts[]): (reason: PackageFile) => Counts {
  const byEcosystem = new Map<Ecosystem, Map<string, Counts>>();
  return ({ ecosystem, package: name }) => {
    const byName = byEcosystem.get(ecosystem) ?? new Map<string, Counts>();
    byEcosystem.set(ecosystem, byName);
    const known = byName.get(name);
    if (known !== undefined) return known;
    const counts = { ecosystem, name, keptFiles: 0, usedFiles: 0, last: undefined };
    byName.set(name, counts);
    packages.push(counts);
    return counts;
  };
}

function unused({ keptFiles, usedFiles }: Counts): number {
  return keptFiles - usedFiles;
}
