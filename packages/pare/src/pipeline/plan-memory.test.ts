import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import type { Fact } from '../model/fact.ts';
import type { PlanningMemory } from '../plan/planning-memory.ts';
import { encodeSurvey } from '../plan/survey-memory.ts';
import { planInput } from '../plan/testing/plan-case.ts';
import { learntPlan } from './plan-memory.ts';

const input = planInput(memoryTree({ '/app/main.js': 'x' }), {});
const survey = encodeSurvey(input.survey, input);
const planning: PlanningMemory = {
  of: 'these rules',
  reasons: [],
  reasonLists: [],
  kept: [],
  touched: [],
  noticed: [],
  generated: [],
  offers: [],
};

function sessionOf(learnt: PlanningMemory | undefined, unknowns: readonly Fact[] = []) {
  return {
    analysis: { packages: async () => ({ packages: [], unknowns }) },
    planInput: input,
    recalledPlan: undefined,
    unobserved: { learnt: () => learnt },
  };
}

test('a build leaves its survey, and its plan where another can go on from that', async () => {
  expect(await learntPlan(sessionOf(planning))).toEqual({ survey, planning });
  expect(await learntPlan(sessionOf(undefined))).toEqual({ survey });
});

test('a build that was left a survey leaves a plan with other rules, and else nothing', async () => {
  const recalledPlan = { survey };
  expect(await learntPlan({ ...sessionOf(planning), recalledPlan })).toEqual({ survey, planning });
  expect(await learntPlan({ ...sessionOf(undefined), recalledPlan })).toBeUndefined();
});

test('a build whose survey answered more than it was left keeps that beside the plan that it was left', async () => {
  const other = planInput(input.tree, {});
  other.survey.setOffBy('/app/main.js' as never);
  const left = { survey, planning };
  const learnt = await learntPlan({ ...sessionOf(undefined), planInput: other, recalledPlan: left });
  expect(learnt).toEqual({ survey: encodeSurvey(other.survey, other), planning });
});

test('a build that could not read all packages leaves nothing', async () => {
  const unknown: Fact = {
    kind: 'unknown',
    from: '/x' as never,
    analyzer: 'dpkg',
    message: 'the disk is gone',
  };
  expect(await learntPlan(sessionOf(planning, [unknown]))).toBeUndefined();
});
