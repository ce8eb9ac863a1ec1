import type { AccessKind, FileUse, Observation } from '../../model/observation.ts';
import type { DiscoveryStep, NextProbe, UnseenEstimate } from '../../model/risk.ts';
import { highestChance } from './binomial.ts';

/** Fewer probes than this say nothing about further ones. */
const leastProbes = 6;

const contentUses: ReadonlySet<AccessKind> = new Set(['read', 'execute', 'load']);
const virtual = /^\/(?:proc|sys|dev)(?:\/|$)/;

/**
 * Whether a use tells of a file of the image that the application needs: something was there before it was first asked
 * for (so the application did not make it), its content was used, and it is not the kernel's.
 */
export function usesContent({ accesses, existed, path }: FileUse): boolean {
  return existed && accesses.some((access) => contentUses.has(access)) && !virtual.test(path);
}

/** The discovery curve: what each probe was the first to use, in the order in which they ran. */
export function discoveryCurve({
  files,
  probes,
}: Pick<Observation, 'files' | 'probes'>): readonly DiscoveryStep[] {
  const counts = new Array<number>(probes.length + 1).fill(0);
  files.filter(usesContent).forEach(({ probe }) => {
    const step = probe === undefined ? 0 : probe + 1;
    counts[step] = (counts[step] ?? 0) + 1;
  });
  return counts.map((newFiles, step) => {
    const probe = probes[step - 1];
    return probe === undefined ? { newFiles } : { probe, newFiles };
  });
}

/**
 * What one more probe like these would find. The sensor tells of a first use and not of each, so how many files occurred
 * in exactly one of n probes (Q1) is not known. It need not be: for probes in random order E[Q1] / n, which is
 * Good's and Turing's estimate of the discovery rate (Good 1953, "The population frequencies of species and the estimation of
 * population parameters", Biometrika 40; for incidences Chao and Jost 2012, Ecology 93), equals the expected number of new
 * files of the last probe. The mean over the later half is taken instead, which is larger in expectation because the curve
 * falls. That a program keeps what it has read does no harm: a first use is seen in any case.
 * Undefined with too few probes.
 */
export function estimateNextProbe(curve: readonly DiscoveryStep[]): NextProbe | undefined {
  const halves = halvesOf(curve);
  if (halves === undefined) return undefined;
  const { later } = halves;
  const finding = later.filter((newFiles) => newFiles > 0).length;
  return {
    probes: later.length,
    finding,
    newFiles: sum(later) / later.length,
    chanceAtMost: highestChance(finding, later.length),
  };
}

/**
 * How many files no probe used and further ones would. With the halves of the probes as two samples, u1 files found by the
 * first and u2 further ones by the second, the estimate is u2² / (u1 − u2): the two-pass removal estimate (Seber and
 * Le Cren 1967, Journal of Animal Ecology 36). It is Chao's lower bound too (Chao 1987, "Estimating the population size
 * for capture-recapture data with unequal catchability", Biometrics 43: Q1² / 2·Q2, times (n − 1) / n), since for n = 2
 * samples E[u2] = E[Q1] / 2 and E[u1 − u2] = E[Q2]. As his, it is a lower bound: files differ in how often they are needed.
 */
export function estimateUnseen(curve: readonly DiscoveryStep[]): UnseenEstimate {
  const halves = halvesOf(curve);
  if (halves === undefined) return { kind: 'too-few-probes', least: leastProbes };
  const [earlier, later] = [sum(halves.earlier), sum(halves.later)];
  if (later === 0) return { kind: 'estimated', files: 0 };
  if (later >= earlier) return { kind: 'not-levelling-off' };
  return { kind: 'estimated', files: Math.ceil(later ** 2 / (earlier - later)) };
}

/** Position of the first probe of the later half; undefined with too few probes. An odd one out is the first. */
export function laterHalfFrom(probes: number): number | undefined {
  return probes < leastProbes ? undefined : Math.ceil(probes / 2);
}

interface Halves {
  readonly earlier: readonly number[];
  readonly later: readonly number[];
}

/** Both of one length: what an odd first probe found belongs to neither. */
function halvesOf(curve: readonly DiscoveryStep[]): Halves | undefined {
  const found = curve.slice(1).map(({ newFiles }) => newFiles);
  const middle = laterHalfFrom(found.length);
  if (middle === undefined) return undefined;
  return { earlier: found.slice(found.length % 2, middle), later: found.slice(middle) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
