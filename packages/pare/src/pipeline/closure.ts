import type { ImagePath } from '@pare/oci';
import type { Analysis } from '../analyze/analysis.ts';
import { createTurns, inTurns, type Turn } from '../model/event-loop-turn.ts';
import type { Fact } from '../model/fact.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import { createPlanner, type Planner } from '../plan/planner.ts';

/** What a plan of an image can be made with. */
export interface PlanSources {
  readonly analysis: Analysis;
  /** The planner of the same image with nothing observed, closed or not: the plan goes on from there where it can. */
  readonly unobserved?: Planner;
}

/** Plans to the end. `turn` is awaited between its parts. */
export async function closePlan(
  input: PlanInput,
  { analysis, unobserved }: PlanSources,
  signal: AbortSignal,
  turn: Turn = createTurns(),
): Promise<ReductionPlan> {
  const before = unobserved?.leadsTo(input) === true ? unobserved : undefined;
  // All that it still has to find out, this plan would have to.
  if (before !== undefined) await closePlanner(before, analysis, signal, turn);
  return await closePlanner(before?.goOn(input) ?? createPlanner(input), analysis, signal, turn).then(
    ({ assemble }) => assemble(),
  );
}

/**
 * Brings a planner to its end: it names the files whose needs it must know, analysis tells them, until nothing new is kept. Each round
 * keeps more, so it ends. Rejects when `signal` aborts; the planner can be brought to its end all the same.
 */
export async function closePlanner(
  planner: Planner,
  analysis: Analysis,
  signal: AbortSignal,
  turn: Turn,
): Promise<{ readonly assemble: () => ReductionPlan }> {
  let facts: ReadonlyMap<ImagePath, readonly Fact[]> = new Map();
  for (;;) {
    const step = await inTurns(planner.next(facts), turn, signal);
    if (step.kind === 'closed') return step;
    facts = await analysis.factsOf(step.paths, turn);
  }
}
