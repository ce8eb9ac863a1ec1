import { afterAll, beforeAll, expect, it } from 'vitest';
import { docker, type RealEngine, realEngine, type TestImage } from '../../packages/testkit/src/index.ts';
import { contractImage, dockerWays, engineContract } from './engine/contract.ts';
import { outcomeOf, shell, specOf } from './engine/run-container.ts';

let real: RealEngine;
let image: TestImage;
beforeAll(async () => {
  real = await realEngine();
  image = await contractImage();
});
afterAll(async () => {
  await image?.[Symbol.asyncDispose]();
  await real?.[Symbol.asyncDispose]();
});

engineContract(() => ({ real, image }), dockerWays);

it('keeps a volume that was there before', async () => {
  const name = `${real.runId}.kept`;
  const volumes = { volumes: [`${name}:/data`] };
  await docker(['volume', 'create', name]);
  try {
    await outcomeOf(real.engine, specOf(image.reference, volumes, shell('echo text >/data/file')));
    const read = await outcomeOf(real.engine, specOf(image.reference, volumes, shell('cat /data/file')));
    expect(read.stdout).toBe('text\n');
  } finally {
    expect((await docker(['volume', 'rm', name])).trim()).toBe(name);
  }
});

it('finds and removes what a killed run left', async () => {
  const run = `${real.runId}.dead`;
  const label = `dev.pare.run=${run}`;
  const id = (await docker(['create', '--label', label, '--volume', '/anonymous', image.reference])).trim();
  await docker(['volume', 'create', '--label', label, run]);
  await docker(['network', 'create', '--label', label, run]);
  const ofDead = async () => {
    const { containers, volumes, networks } = await real.engine.listOwned();
    const mine = <T extends { readonly run: string }>(all: readonly T[]) =>
      all.filter((one) => one.run === run);
    return { containers: mine(containers), volumes: mine(volumes), networks: mine(networks) };
  };
  const left = await ofDead();
  expect(left.containers).toEqual([{ id, run }]);
  expect(left.volumes).toEqual([{ id: run, run }]);
  expect(left.networks).toHaveLength(1);
  await real.engine.removeOwned(left);
  expect(await ofDead()).toEqual({ containers: [], volumes: [], networks: [] });
  // What is gone already is no error.
  await real.engine.removeOwned(left);
});
