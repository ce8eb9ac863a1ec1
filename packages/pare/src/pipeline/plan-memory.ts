import type { Analysis } from '../analyze/analysis.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import type { Planner } from '../plan/planner.ts';
import type { PlanningMemory } from '../plan/planning-memory.ts';
import type { Surveyed } from '../plan/survey.ts';
import { encodeSurvey, hasLearnt, type SurveyMemory } from '../plan/survey-memory.ts';

/** What is known of an image whatever is observed, as a build leaves it to the next one. */
export interface PlanMemory {
  readonly survey: SurveyMemory;
  /** Undefined where no plan could go on from it. */
  readonly planning?: PlanningMemory;
}

/** What a build found out that the one before did not leave to it; undefined for nothing, and where packages could not be read. */
export async function learntPlan({
  analysis,
  planInput,
  recalledPlan,
  unobserved,
}: {
  readonly analysis: Pick<Analysis, 'packages'>;
  readonly planInput: Surveyed & Pick<PlanInput, 'survey'>;
  readonly recalledPlan: PlanMemory | undefined;
  readonly unobserved: Pick<Planner, 'learnt'>;
}): Promise<PlanMemory | undefined> {
  const planning = unobserved.learnt();
  const isKnown = recalledPlan !== undefined && !hasLearnt(planInput.survey, recalledPlan.survey);
  if (planning === undefined && isKnown) return undefined;
  const { unknowns } = await analysis.packages();
  if (unknowns.length > 0) return undefined;
  const survey = isKnown ? recalledPlan.survey : encodeSurvey(planInput.survey, planInput);
  const last = planning ?? recalledPlan?.planning;
  return { survey, ...(last === undefined ? {} : { planning: last }) };
}
