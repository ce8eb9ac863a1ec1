import type { ImagePath } from '@pare/oci';
import type { Analysis } from '../analyze/analysis.ts';
import { createTurns } from '../model/event-loop-turn.ts';
import type { Fact } from '../model/fact.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import { createPlanner } from '../plan/planner.ts';

/**
 * Plans to the end: the planner names the files whose needs it must know, analysis tells them, until nothing new is
 * kept. Each round keeps more, so it ends.
 */
export async function closePlan(
  input: PlanInput,
  analysis: Analysis,
  signal: AbortSignal,
): Promise<ReductionPlan> {
  const turn = createTurns();
  const planner = createPlanner(input);
  let facts: ReadonlyMap<ImagePath, readonly Fact[]> = new Map();
  for (;;) {
    await turn();
    signal.throwIfAborted();
    const step = planner.next(facts);
    if (step.kind === 'plan') return step.plan;
    facts = await analysis.factsOf(step.paths);
  }
}
