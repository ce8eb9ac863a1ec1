import { expect, it, vi } from 'vitest';
import type { GlobalOptions } from './command-context.ts';
import { enterUserNamespace } from './user-namespace.ts';

const enter = (environment: NodeJS.ProcessEnv, tellStarted = vi.fn()) => {
  const host = {
    platform: 'linux',
    ppid: 41,
    getuid: () => 0,
    env: environment,
  } as unknown as NodeJS.Process;
  return enterUserNamespace({ engine: 'embedded' } as GlobalOptions, host, false, tellStarted);
};

it('ends in a user namespace whose maker is gone', async () => {
  expect(await enter({ PARE_HOST_UID: '1000', PARE_HOST_PID: '40' })).toBe(137);
});

it('goes on in a user namespace of its own making, tells who made it, and does not hand that down', async () => {
  const environment = { PARE_HOST_UID: '1000', PARE_HOST_PID: '41' };
  const tellStarted = vi.fn();
  expect(await enter(environment, tellStarted)).toBeUndefined();
  expect(tellStarted).toHaveBeenCalledOnce();
  expect(environment).toEqual({ PARE_HOST_UID: '1000' });
});
