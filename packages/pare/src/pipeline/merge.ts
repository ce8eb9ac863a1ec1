import type { Observation } from '../model/observation.ts';
import type { SampledRuns } from '../model/risk.ts';
import { renderObservationJson } from '../report/observation-json.ts';
import { estimateSampledRuns } from '../verify/risk/sampled-runs.ts';
import { mergeObservations, readObservations } from './saved-observations.ts';
import { writeWhole } from './write-whole.ts';

export interface MergeResult {
  readonly observation: Observation;
  /** What the observations say together of what a further one would use; undefined for a single one. */
  readonly sampledRuns: SampledRuns | undefined;
}

/** Unites saved observations, and those in reports, and writes the union. Throws PareError `usage`. */
export async function mergeFiles(files: readonly string[], output: string): Promise<MergeResult> {
  const observation = mergeObservations(await readObservations(files));
  await writeWhole(output, renderObservationJson(observation));
  return { observation, sampledRuns: estimateSampledRuns(observation) };
}
