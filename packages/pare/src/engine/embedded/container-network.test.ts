import { plainRun, plainSpec } from '@pare/testkit';
import { describe, expect, it } from 'vitest';
import type { RunOptions } from '../../model/scenario.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import { planNetwork } from './container-network.ts';

const specOf = (run: Partial<RunOptions>): ContainerSpec => ({
  ...plainSpec,
  image: 'app',
  run: { ...plainRun, ...run },
});

/** On a machine without any program. */
const context = { host: { path: '/nonexistent' }, networks: new Map(), findContainer: () => undefined };
const plan = (run: Partial<RunOptions>) => planNetwork(specOf(run), context);

describe('the network of a container', () => {
  it('leads nowhere unless that is asked for', async () => {
    for (const network of [undefined, 'default', 'none']) {
      const { keeper, ledOutBy, outlet } = await plan(network === undefined ? {} : { network });
      expect([keeper.kind, ledOutBy, outlet]).toEqual(['own', undefined, undefined]);
    }
  });

  it('is refused where it is to lead out and nothing on this machine can do that', async () => {
    for (const network of ['bridge', 'pasta', 'slirp4netns'])
      await expect(plan({ network })).rejects.toMatchObject({ code: 'no-engine' });
  });

  it('is refused where a link is to a container that is not of this run', async () => {
    await expect(plan({ network: 'bridge', links: ['db'] })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('no container db'),
    });
  });

  it('is refused by a name that only Docker knows, with those that there are', async () => {
    await expect(plan({ network: 'backend' })).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('bridge'),
    });
  });
});
