import type { ImagePath } from '@pare/oci';
import type { Analysis } from '../analyze/analysis.ts';
import { createTurns, inTurns, type Turn } from '../model/event-loop-turn.ts';
import type { Fact } from '../model/fact.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import { type ClosedPlan, createPlanner, type Planner } from '../plan/planner.ts';

/** What a plan of an image can be made with. */
export interface PlanSources {
  readonly analysis: Analysis;
  /** The planner of the same image with nothing observed, closed: the plan goes on from there where it can. */
  readonly unobserved?: Planner;
}

/** Plans to the end. `turn` is awaited between its parts. */
export async function closePlan(
  input: PlanInput,
  { analysis, unobserved }: PlanSources,
  signal: AbortSignal,
  turn: Turn = createTurns(),
): Promise<ReductionPlan> {
  const planner = unobserved?.leadsTo(input) === true ? unobserved.goOn(input) : createPlanner(input);
  const closed = await closePlanner(planner, analysis, signal, turn);
  return closed.assemble();
}

/**
 * Brings a planner to its end: it names the files whose needs it must know, analysis tells them, until nothing new is kept. Each round
 * keeps more, so it ends. Rejects when `signal` aborts.
 */
export async function closePlanner(
  planner: Planner,
  analysis: Analysis,
  signal: AbortSignal,
  turn: Turn,
): Promise<ClosedPlan> {
  let facts: ReadonlyMap<ImagePath, readonly Fact[]> = new Map();
  for (;;) {
    const step = await inTurns(planner.next(facts), turn, signal);
    if (step.kind === 'closed') return step;
    facts = await analysis.factsOf(step.paths, turn);
  }
}
