import type { ImagePath } from '@pare/oci';
import type { Analysis } from '../analyze/analysis.ts';
import type { Fact } from '../model/fact.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { type PlanInput, planReduction } from '../plan/plan-reduction.ts';

/**
 * Plans to the end: the planner names the files whose needs it must know, analysis tells them, until nothing new is
 * kept. Each round keeps more, so it ends.
 */
export async function closePlan(
  input: PlanInput,
  analysis: Analysis,
  signal: AbortSignal,
): Promise<ReductionPlan> {
  const facts = new Map<ImagePath, readonly Fact[]>();
  for (;;) {
    signal.throwIfAborted();
    const step = planReduction(input, facts);
    if (step.kind === 'plan') return step.plan;
    for (const [path, found] of await analysis.factsOf(step.paths)) facts.set(path, found);
  }
}
