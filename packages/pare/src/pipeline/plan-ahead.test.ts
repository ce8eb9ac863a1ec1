import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import type { Analysis } from '../analyze/analysis.ts';
import type { Fact } from '../model/fact.ts';
import type { PlanInput } from '../plan/plan-input.ts';
import { rememberedPaths } from '../plan/planning-memory.ts';
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
const unhurried = { turn: async () => {}, signal: never, observed: never };

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
    const { unobserved, paths } = await planAhead(input, analysisOf(asked), unhurried);
    expect(paths).toContain('/usr/lib/libc.so');
    expect(paths).not.toContain('/usr/lib/unused.so');
    const before = asked.length;
    expect(await closePlan(input, { analysis: analysisOf(asked), unobserved }, never)).toEqual(
      await closePlan(input, { analysis: analysisOf([]) }, never),
    );
    expect(asked.slice(before)).toEqual([]);
  });

  it('is the one of the build before where that had the same rules: nothing is asked, and it leads to the same plan', async () => {
    const input = inputOf();
    const asked: ImagePath[] = [];
    const before = await planAhead(input, analysisOf([]), unhurried);
    const memory = before.unobserved.learnt();
    const recalled = memory && { memory, paths: rememberedPaths(memory, tree) };
    const { unobserved, paths } = await planAhead(input, analysisOf(asked), { ...unhurried, recalled });
    expect(asked).toEqual([]);
    expect(paths?.toSorted()).toEqual(before.paths?.toSorted());
    expect(await closePlan(input, { analysis: analysisOf([]), unobserved }, never)).toEqual(
      await closePlan(input, { analysis: analysisOf([]) }, never),
    );
    const other = { ...input, level: 'packages' } as const;
    await planAhead(other, analysisOf(asked), { ...unhurried, recalled });
    expect(asked).toContain('/app/server');
  });

  it('goes on to its end when the application has been observed', async () => {
    const { paths } = await planAhead(inputOf(), analysisOf([]), {
      ...unhurried,
      observed: AbortSignal.abort(),
    });
    expect(paths).toContain('/usr/lib/libc.so');
  });

  it('ends with the observation where the plan leaves something out, to which it is of no use', async () => {
    const input = { ...inputOf(), exclude: ['/usr/lib/libb.so'] };
    const asked: ImagePath[] = [];
    const observed = new AbortController();
    const { unobserved, paths } = await planAhead(input, analysisOf(asked), {
      ...unhurried,
      observed: observed.signal,
      turn: async () => (asked.length > 0 ? observed.abort() : undefined),
    });
    expect(paths).toBeUndefined();
    const plan = await closePlan(input, { analysis: analysisOf(asked), unobserved }, never);
    expect(plan.removed).toContain('/usr/lib/libb.so');
    expect(asked.filter((path) => path === '/app/server').length).toBe(2);
  });

  it('ends when it is aborted', async () => {
    const aborting = { ...unhurried, signal: AbortSignal.abort(new Error('enough')) };
    await expect(planAhead(inputOf(), analysisOf([]), aborting)).rejects.toThrow('enough');
  });

  it('fails as its analysis does', async () => {
    const broken = { ...analysisOf([]), factsOf: () => Promise.reject(new Error('the disk is gone')) };
    await expect(planAhead(inputOf(), broken, unhurried)).rejects.toThrow('the disk is gone');
  });
});
