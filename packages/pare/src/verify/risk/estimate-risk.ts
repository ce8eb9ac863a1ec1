import type { Observation } from '../../model/observation.ts';
import type { ReductionPlan } from '../../model/reduction-plan.ts';
import type { HeldOut, RiskEstimate } from '../../model/risk.ts';
import { discoveryCurve, estimateNextProbe, estimateUnseen } from './discovery.ts';
import { partlyExercised } from './partly-exercised.ts';
import { estimateSampledRuns } from './sampled-runs.ts';

/**
 * Says what is known of what nobody probed. Everything in it speaks of further exercise of the same kind: of behaviour that
 * no probe comes near, no statistic knows.
 */
export function estimateRisk(input: {
  readonly observation: Pick<Observation, 'files' | 'probes' | 'mergedFrom'>;
  readonly plan: Pick<ReductionPlan, 'kept'>;
  /** Whether a kept path is a regular file. */
  readonly isFile: (path: string) => boolean;
  readonly heldOut: HeldOut | undefined;
}): RiskEstimate {
  const discovery = discoveryCurve(input.observation);
  const nextProbe = estimateNextProbe(discovery);
  const sampledRuns = estimateSampledRuns(input.observation);
  return {
    discovery,
    ...(nextProbe === undefined ? {} : { nextProbe }),
    unseen: estimateUnseen(discovery),
    ...(sampledRuns === undefined ? {} : { sampledRuns }),
    ...(input.heldOut === undefined ? {} : { heldOut: input.heldOut }),
    partlyExercised: partlyExercised(input.plan, input.isFile),
  };
}
