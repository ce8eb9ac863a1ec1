import type { Analysis } from '../analyze/analysis.ts';
import type { Turn } from '../model/event-loop-turn.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import { createPlanner, type Planner } from '../plan/planner.ts';
import { closePlanner } from './closure.ts';

/** How far a plan came that knows of no observation. */
export interface PlanAhead {
  /** Every plan of the image goes on from it. */
  readonly unobserved: Planner;
  /** Undefined where there was no time for one. */
  readonly plan: ReductionPlan | undefined;
}

/**
 * Plans as if nothing had been observed: what that keeps, every plan keeps too, and the facts that it needs are then known when the
 * observation comes. Left as it is when `until` aborts.
 */
export async function planAhead(
  input: Omit<PlanInput, 'observation' | 'putBack'>,
  analysis: Analysis,
  { turn, until }: { readonly turn: Turn; readonly until: AbortSignal },
): Promise<PlanAhead> {
  const unobserved = createPlanner({ ...input, observation: nothingObserved, putBack: [] });
  try {
    const { assemble } = await closePlanner(unobserved, analysis, until, turn);
    return { unobserved, plan: assemble() };
  } catch (error) {
    if (!until.aborted) throw error;
    return { unobserved, plan: undefined };
  }
}

const nothingObserved: PlanInput['observation'] = {
  files: [],
  processes: [],
  probes: [],
  syscalls: [],
  sockets: [],
  account: { mode: 'notify', unreadable: 0, lost: 0, complete: true, notes: [] },
};
