import { plainRun } from '@pare/testkit';
import { expect, it } from 'vitest';
import type { RunOptions } from '../../model/scenario.ts';
import { checkRunOptions } from './check-run.ts';

/** On a machine without any program. */
const context = {
  host: { path: '/nonexistent' },
  networks: new Map(),
  directory: '/nonexistent',
  findContainer: () => undefined,
};
const check = (run: Partial<RunOptions>, attached = false) =>
  checkRunOptions({ ...plainRun, ...run }, attached, context);

it.each<readonly [string, Partial<RunOptions>]>([
  ['backend', { network: 'backend' }],
  ['container abc', { network: 'container:abc' }],
  ['container db', { links: ['db:database'] }],
  ['--volumes-from data', { volumesFrom: ['data:ro'] }],
  ['TCP ports only', { publish: ['53:53/udp'] }],
  ['http', { publish: ['http'] }],
  ['eighty', { expose: ['eighty'] }],
  ['no host entry', { addHosts: ['db'] }],
  ['no kernel parameter', { sysctls: ['kernel.msgmax'] }],
  ['no environment variable', { env: ['=x'] }],
  ['no signal', { stopSignal: 'SIGNOTHING' }],
  ['no/such/source', { mounts: ['type=bind,source=no/such/source,target=/data'] }],
  ['plain volumes only', { mounts: ['type=volume,source=v,target=/data,volume-driver=nfs'] }],
  ['over the root', { tmpfs: ['/'] }],
  ['tmpfs', { tmpfs: ['data'] }],
])('run options are refused without an image: %s', async (names, run) => {
  await expect(check(run)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(names) });
});

it('a way out is refused where no program is there for it', async () => {
  await expect(check({ network: 'bridge' })).rejects.toMatchObject({ code: 'no-engine' });
});

it('usual run options are taken, and so is any network where another is made', async () => {
  await check(plainRun);
  await check({ publish: ['8080:80'], expose: ['81/udp'], env: ['A=b', 'C'], stopSignal: 'SIGRTMIN+3' });
  await check({
    tmpfs: ['/run'],
    volumes: ['made:/data', '/none/made:/there'],
    addHosts: ['a:host-gateway'],
  });
  // Not published there.
  await check({ network: 'host', publish: ['53:53/udp'] });
  await check({ network: 'backend' }, true);
});
