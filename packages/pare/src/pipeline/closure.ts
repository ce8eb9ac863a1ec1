import type { ImagePath } from '@pare/oci';
import type { Analysis } from '../analyze/analysis.ts';
import { createTurns, inTurns, type Turn } from '../model/event-loop-turn.ts';
import type { Fact } from '../model/fact.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import { createPlanner } from '../plan/planner.ts';

/**
 * Plans to the end: the planner names the files whose needs it must know, analysis tells them, until nothing new is
 * kept. Each round keeps more, so it ends. `turn` is awaited between its parts.
 */
export async function closePlan(
  input: PlanInput,
  analysis: Analysis,
  signal: AbortSignal,
  turn: Turn = createTurns(),
): Promise<ReductionPlan> {
  const planner = createPlanner(input);
  let facts: ReadonlyMap<ImagePath, readonly Fact[]> = new Map();
  for (;;) {
    const step = await inTurns(planner.next(facts), turn, signal);
    if (step.kind === 'plan') return step.plan;
    facts = await analysis.factsOf(step.paths, turn);
  }
}
