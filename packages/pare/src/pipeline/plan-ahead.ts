import type { Analysis } from '../analyze/analysis.ts';
import type { Turn } from '../model/event-loop-turn.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import { closePlan } from './closure.ts';

/**
 * Plans as if nothing had been observed. What that keeps, the plan will most likely keep too; and the facts about the application's own
 * files and all that they need are then known when the observation comes. Ends with undefined when `until` aborts.
 */
export async function planAhead(
  input: Omit<PlanInput, 'observation' | 'putBack'>,
  analysis: Analysis,
  { turn, until }: { readonly turn: Turn; readonly until: AbortSignal },
): Promise<ReductionPlan | undefined> {
  try {
    const unobserved = { ...input, observation: nothingObserved, putBack: [] };
    return await closePlan(unobserved, analysis, until, turn);
  } catch (error) {
    if (!until.aborted) throw error;
    return undefined;
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
