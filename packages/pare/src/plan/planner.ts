import type { ImagePath } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { assemblePlan } from './assemble.ts';
import type { PlanInput } from './plan-input.ts';
import { goOnPlanning, leadsTo, type Planning, startPlanning } from './planning.ts';
import { propagate } from './propagate.ts';
import { seed, seedUse } from './seeds.ts';

/** That the plan is made, or the paths whose facts must be known before there can be one. */
export type PlanStep =
  | { readonly kind: 'closed'; readonly assemble: () => ReductionPlan }
  | { readonly kind: 'pending'; readonly paths: readonly ImagePath[] };

export interface Planner {
  /**
   * Goes as far as the facts allow. The map may grow between calls, or hold only what the last call asked for; a file
   * without facts has an empty list. Paths that are asked for are regular files, not all of them kept in the end. Yields wherever
   * it may be left alone for a while, or for good: the next call goes on there.
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
  let underWay: Generator<undefined, PlanStep> | undefined;

  function* step(): Generator<undefined, PlanStep> {
    if (!begun) yield* begin(planning);
    begun = true;
    const wanted = yield* propagate(planning, known);
    if (wanted.length > 0) return { kind: 'pending', paths: wanted };
    return { kind: 'closed', assemble: () => assemblePlan(planning) };
  }

  return {
    *next(facts) {
      for (const [path, found] of facts) known.set(path, found);
      underWay ??= step();
      for (;;) {
        const part = underWay.next();
        if (part.done !== true) {
          yield;
          continue;
        }
        underWay = undefined;
        return part.value;
      }
    },
    leadsTo: (input) => leadsTo(planning, input),
    goOn: (input) => plannerOf(goOnPlanning(planning, input), new Map(known), seedUse),
  };
}
