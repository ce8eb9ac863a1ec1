import type { ImagePath } from '@pare/oci';
import type { Analysis } from '../analyze/analysis.ts';
import { inTurns, type Turn } from '../model/event-loop-turn.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import { createPlanner, type Planner, recallPlanner } from '../plan/planner.ts';
import type { PlanningMemory } from '../plan/planning-memory.ts';
import { closePlanner } from './closure.ts';

/** A plan that knows of no observation. */
export interface PlanAhead {
  readonly unobserved: Planner;
  /** What it keeps, in no order; undefined where it was not worth ending. */
  readonly paths: readonly ImagePath[] | undefined;
}

interface PlanningAhead {
  readonly turn: Turn;
  readonly signal: AbortSignal;
  /** Aborted once the application has been observed: from then on the plan is waited for. */
  readonly observed: AbortSignal;
  /** What the last build of the image left, perhaps with other rules, and the paths that it kept anyway. */
  readonly recalled?: RecalledPlanning | undefined;
}

/** A planning of another build. */
export interface RecalledPlanning {
  readonly memory: PlanningMemory;
  readonly paths: readonly ImagePath[];
}

/**
 * Plans as if nothing had been observed: what that keeps, every plan keeps too, and the facts that it needs are then known when the
 * observation comes. It goes on beyond that where the plan goes on from it, and would have to find out what is left.
 */
export async function planAhead(
  input: Omit<PlanInput, 'observation' | 'putBack'>,
  analysis: Analysis,
  { turn, signal, observed, recalled }: PlanningAhead,
): Promise<PlanAhead> {
  const ahead = { ...input, observation: nothingObserved, putBack: [] };
  const known = recalled && (await inTurns(recallPlanner(recalled.memory, ahead), turn, signal));
  if (recalled !== undefined && known?.leadsTo(ahead) === true)
    return { unobserved: known, paths: recalled.paths };
  const unobserved = createPlanner(ahead);
  const until = unobserved.leadsTo(ahead) ? signal : AbortSignal.any([signal, observed]);
  try {
    const closed = await closePlanner(unobserved, analysis, until, turn);
    return { unobserved, paths: closed.paths() };
  } catch (error) {
    if (signal.aborted || !until.aborted) throw error;
    return { unobserved, paths: undefined };
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
