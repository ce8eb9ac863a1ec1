import type { ImagePath } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { assemblePlan } from './assemble.ts';
import type { PlanInput } from './plan-input.ts';
import { leadsTo, type Planning, startPlanning, stateOf } from './planning.ts';
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
}

/**
 * Decides what the slim image holds: a work list over kept paths that ends when nothing that is kept leads to anything
 * that is not. Pure; equal for equal input, whatever the order of its lists. Call `next` until it is closed.
 */
export function createPlanner(input: PlanInput): Planner {
  return plannerOf(startPlanning(input), new Map(), seed);
}

function plannerOf(
  planning: Planning,
  known: Map<ImagePath, readonly Fact[]>,
  begin: (planning: Planning) => Generator<undefined>,
): Planner {
  let begun = false;
  return {
    *next(facts) {
      if (!begun) yield* begin(planning);
      begun = true;
      for (const [path, found] of facts) known.set(path, found);
      const wanted = yield* propagate(planning, known);
      if (wanted.length > 0) return { kind: 'pending', paths: wanted };
      return {
        kind: 'closed',
        paths: () => Array.from(planning.kept.nodes(), ({ entry }) => entry.path),
        assemble: () => assemblePlan(planning),
      };
    },
    leadsTo: (input) => leadsTo(planning, input),
    goOn: (input) => plannerOf(startPlanning(input, stateOf(planning)), new Map(known), seedUse),
  };
}
