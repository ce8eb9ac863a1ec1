import type { ImagePath } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { assemblePlan } from './assemble.ts';
import type { PlanInput } from './plan-input.ts';
import { leadsTo, type Planning, startPlanning, stateOf } from './planning.ts';
import { decodePlanning, encodePlanning, type PlanningMemory } from './planning-memory.ts';
import { propagate } from './propagate.ts';
import { seed, seedUse } from './seeds.ts';

/** That it is known what is kept, or the paths whose facts must be known before. */
export type PlanStep = ClosedPlan | { readonly kind: 'pending'; readonly paths: readonly ImagePath[] };

/** Nothing that is kept leads to anything that is not. */
export interface ClosedPlan {
  readonly kind: 'closed';
  /** All that is kept, in no order. */
  paths(): readonly ImagePath[];
  assemble(): ReductionPlan;
}

export interface Planner {
  /**
   * Goes as far as the facts allow. The map may grow between calls, or hold only what the last call asked for; a file
   * without facts has an empty list. Paths that are asked for are regular files, not all of them kept in the end. Yields wherever
   * it may be left alone for a while; it must be brought to its end before the next call.
   */
  next(facts: ReadonlyMap<ImagePath, readonly Fact[]>): Generator<undefined, PlanStep>;
  /** Whether a planner of `input` can go on from this one, whose own input must tell of no use. */
  leadsTo(input: PlanInput): boolean;
  /**
   * A planner of an input that this one `leadsTo`, which begins with all that this one keeps: its plan is the one that it would come to
   * by itself. This one must be closed, and stays as it is.
   */
  goOn(input: PlanInput): Planner;
  /** What is to be kept for the next run of an image of which nothing was observed; undefined where it is not worth that, or not closed. */
  learnt(): PlanningMemory | undefined;
}

/**
 * Decides what the slim image holds: a work list over kept paths that ends when nothing that is kept leads to anything
 * that is not. Pure; equal for equal input, whatever the order of its lists. Call `next` until it is closed.
 */
export function createPlanner(input: PlanInput): Planner {
  return plannerOf(startPlanning(input), new Map(), seed);
}

/**
 * A planner that is closed as the one was that learnt this of an input; undefined where that was of another input. It is there to be gone on
 * from. Yields wherever it may be left alone for a while.
 */
export function* recallPlanner(
  memory: PlanningMemory,
  input: PlanInput,
): Generator<undefined, Planner | undefined> {
  const state = yield* decodePlanning(memory, input);
  return state === undefined ? undefined : plannerOf(startPlanning(input, state), new Map(), function* () {});
}

function plannerOf(
  planning: Planning,
  known: Map<ImagePath, readonly Fact[]>,
  begin: (planning: Planning) => Generator<undefined>,
): Planner {
  let begun = false;
  let isClosed = false;
  return {
    *next(facts) {
      if (!begun) yield* begin(planning);
      begun = true;
      for (const [path, found] of facts) known.set(path, found);
      const wanted = yield* propagate(planning, known);
      isClosed = wanted.length === 0;
      if (wanted.length > 0) return { kind: 'pending', paths: wanted };
      return {
        kind: 'closed',
        paths: () => Array.from(planning.kept.nodes(), ({ entry }) => entry.path),
        assemble: () => assemblePlan(planning),
      };
    },
    leadsTo: (input) => leadsTo(planning, input),
    goOn: (input) => plannerOf(startPlanning(input, stateOf(planning)), new Map(known), seedUse),
    learnt() {
      const { input } = planning;
      return isClosed && leadsTo(planning, input) ? encodePlanning(stateOf(planning), input) : undefined;
    },
  };
}
