import type { ImagePath } from '@pare/oci';
import type { Fact } from '../model/fact.ts';
import type { ReductionPlan } from '../model/reduction-plan.ts';
import { assemblePlan } from './assemble.ts';
import type { PlanInput } from './plan-input.ts';
import { startPlanning } from './planning.ts';
import { propagate } from './propagate.ts';
import { seed } from './seeds.ts';

/** A plan, or the paths whose facts must be known before there can be one. */
export type PlanStep =
  | { readonly kind: 'plan'; readonly plan: ReductionPlan }
  | { readonly kind: 'pending'; readonly paths: readonly ImagePath[] };

export interface Planner {
  /**
   * Goes as far as the facts allow. The map may grow between calls, or hold only what the last call asked for; a file
   * without facts has an empty list. Paths that are asked for are regular files, not all of them kept in the end. Yields wherever
   * it may be left alone for a while; it must be brought to its end before the next call.
   */
  next(facts: ReadonlyMap<ImagePath, readonly Fact[]>): Generator<undefined, PlanStep>;
}

/**
 * Decides what the slim image holds: a work list over kept paths that ends when nothing that is kept leads to anything
 * that is not. Pure; equal for equal input, whatever the order of its lists. Call `next` until it gives the plan.
 */
export function createPlanner(input: PlanInput): Planner {
  const planning = startPlanning(input);
  const known = new Map<ImagePath, readonly Fact[]>();
  let seeded = false;
  return {
    *next(facts) {
      if (!seeded) yield* seed(planning);
      seeded = true;
      for (const [path, found] of facts) known.set(path, found);
      const wanted = yield* propagate(planning, known);
      if (wanted.length > 0) return { kind: 'pending', paths: wanted };
      return { kind: 'plan', plan: assemblePlan(planning) };
    },
  };
}
