import { plainRun } from '@pare/testkit';
import { expect, test } from 'vitest';
import type { Dependency, Scenario } from '../model/scenario.ts';
import { checkRunOptions } from './check-run-options.ts';

const on = (network: string) => ({ ...plainRun, network });
const { signal } = new AbortController();
const dependency = { run: on('of-dependency') } as Dependency;

test('every container of a scenario is looked at: its own, those that it depends on, those of further runs', async () => {
  const seen: (readonly [string | undefined, boolean])[] = [];
  const engine = {
    checkRun: async (run: Scenario['run'], { attached }: { readonly attached: boolean }) =>
      void seen.push([run.network, attached]),
  };
  const further = { run: on('of-further-run'), dependencies: [dependency] } as unknown as Scenario;
  await checkRunOptions(engine, { run: on('own'), runs: [{ name: 'second', scenario: further }] }, signal);
  expect(seen).toEqual([
    ['own', false],
    ['of-further-run', true],
    ['of-dependency', true],
  ]);
});

test('what the engine refuses is refused, and an engine that checks nothing takes all', async () => {
  const checkRun = () => Promise.reject(new Error('refused'));
  await expect(checkRunOptions({ checkRun }, { run: plainRun }, signal)).rejects.toThrow('refused');
  await checkRunOptions({}, { run: on('any') }, signal);
});
