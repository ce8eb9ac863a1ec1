import type { Observation } from '../../model/observation.ts';
import type { SampledRuns } from '../../model/risk.ts';
import { usesContent } from './discovery.ts';

/**
 * What observations of equal kind say together of what a further one would use. Unlike probes within one run they are samples
 * of their own: each began with nothing known, so how many used a file is known exactly. `unseen` is Chao2 (Chao 1987, Biometrics 43;
 * in its bias-corrected form where no file was used in exactly two), `coverage` is Chao's and Jost's form of Good's and Turing's (2012,
 * Ecology 93, for incidences). Both take the runs for a random choice of what can happen, as recordings
 * of live traffic nearly are; runs of different commands are not.
 * Undefined for an observation that was not merged of several.
 */
export function estimateSampledRuns({
  files,
  mergedFrom: observations = 1,
}: Pick<Observation, 'files' | 'mergedFrom'>): SampledRuns | undefined {
  if (observations < 2) return undefined;
  let once = 0;
  let twice = 0;
  let uses = 0;
  for (const use of files) {
    if (!usesContent(use)) continue;
    const { observedIn = 1 } = use;
    uses += observedIn;
    if (observedIn === 1) once += 1;
    if (observedIn === 2) twice += 1;
  }
  const weight = (observations - 1) / observations;
  const pairs = twice > 0 ? once ** 2 / (2 * twice) : (once * Math.max(0, once - 1)) / 2;
  return {
    observations,
    once,
    twice,
    coverage: coverageOf(once, twice, uses, observations),
    unseen: Math.ceil(weight * pairs),
  };
}

function coverageOf(once: number, twice: number, uses: number, observations: number): number {
  if (uses === 0 || once === 0) return 1;
  const more = (observations - 1) * once;
  return 1 - (once / uses) * (more / (more + 2 * twice));
}
