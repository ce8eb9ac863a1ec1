import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../analyze/analysis.ts';
import type { Fact } from '../model/fact.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import { linksTo, planInput } from '../plan/testing/plan-case.ts';
import { closePlan } from './closure.ts';
import { planAhead } from './plan-ahead.ts';

const tree = memoryTree({
  '/app/server': { content: 'x', mode: 0o755 },
  '/app/lib/liba.so': 'x',
  '/usr/lib/libb.so': 'x',
  '/usr/lib/libc.so': 'x',
  '/usr/lib/unused.so': 'x',
});
const told = [linksTo('/app/server', '/usr/lib/libb.so'), linksTo('/usr/lib/libb.so', '/usr/lib/libc.so')];
const never = new AbortController().signal;
const now = async () => {};

/** An analysis that tells the facts above and writes down what it was asked. */
function analysisOf(asked: ImagePath[]): Analysis {
  return {
    packages: () => Promise.resolve({ packages: [], unknowns: [] }),
    async factsOf(paths): Promise<ReadonlyMap<ImagePath, readonly Fact[]>> {
      asked.push(...paths);
      return new Map(paths.map((path) => [path, told.filter(({ from }) => from === path)]));
    },
    learnt: () => Promise.resolve(undefined),
  };
}

function inputOf(): PlanInput {
  return planInput(tree, { uses: ['/app/lib/liba.so'] });
}

describe('a plan ahead', () => {
  it('is what the plan goes on from: nothing is asked twice, and it is the same plan', async () => {
    const input = inputOf();
    const asked: ImagePath[] = [];
    const { unobserved, plan } = await planAhead(input, analysisOf(asked), { turn: now, until: never });
    expect(plan?.kept.map(({ path }) => path)).toContain('/usr/lib/libc.so');
    expect(plan?.removed).toContain('/usr/lib/unused.so');
    const before = asked.length;
    expect(await closePlan(input, { analysis: analysisOf(asked), unobserved }, never)).toEqual(
      await closePlan(input, { analysis: analysisOf([]) }, never),
    );
    expect(asked.slice(before)).toEqual([]);
  });

  it('that had no time to end is ended by the plan, wherever it was left', async () => {
    const input = inputOf();
    const expected = await closePlan(input, { analysis: analysisOf([]) }, never);
    let left = 0;
    for (let isLeft = true; isLeft; left += 1) {
      const observed = new AbortController();
      let turns = 0;
      const turn = async () => {
        if (turns === left) observed.abort();
        turns += 1;
      };
      const { plan, unobserved } = await planAhead(input, analysisOf([]), { turn, until: observed.signal });
      isLeft = plan === undefined;
      expect(await closePlan(input, { analysis: analysisOf([]), unobserved }, never)).toEqual(expected);
    }
    expect(left).toBeGreaterThan(20);
  });

  it('is of no use to a plan that leaves something out', async () => {
    const input = inputOf();
    const { unobserved } = await planAhead(input, analysisOf([]), { turn: now, until: never });
    const other = { ...input, exclude: ['/usr/lib/libb.so'] };
    const asked: ImagePath[] = [];
    const plan = await closePlan(other, { analysis: analysisOf(asked), unobserved }, never);
    expect(plan.removed).toContain('/usr/lib/libb.so');
    expect(asked).toContain('/app/server');
  });

  it('fails as its analysis does', async () => {
    const broken = { ...analysisOf([]), factsOf: () => Promise.reject(new Error('the disk is gone')) };
    await expect(planAhead(inputOf(), broken, { turn: now, until: never })).rejects.toThrow(
      'the disk is gone',
    );
  });
});
