import { hostPath } from '@pare/oci';
import { fakeDockerDaemon, plainRun, sendJson } from '@pare/testkit';
import { expect, it } from 'vitest';
import type { RunOptions } from '../../model/scenario.ts';
import { connectDocker } from './connect.ts';

/** Checks against an engine that has the network `there` and the container `other`; gives what it was asked. */
async function check(run: Partial<RunOptions>, attached = false): Promise<readonly string[]> {
  await using daemon = await fakeDockerDaemon({
    'GET /networks/there': (_, response) => sendJson(response, 200, { Id: 'a'.repeat(64) }),
    'GET /containers/other/json': (_, response) => sendJson(response, 200, { Id: 'b'.repeat(64) }),
    'GET /networks/broken': (_, response) => sendJson(response, 500, { message: 'out of order' }),
  });
  await using engine = await connectDocker({
    host: `unix://${daemon.socket}`,
    runId: 'run.1',
    cacheDirectory: hostPath('/nonexistent'),
    temporaryDirectory: hostPath('/nonexistent'),
  });
  await engine.checkRun?.({ ...plainRun, ...run }, { attached });
  return daemon.requests.slice(3).map((request) => request.replace('/v1.41', ''));
}

it.each<readonly [string, Partial<RunOptions>]>([
  ['no network backend', { network: 'backend' }],
  ['no container none', { network: 'container:none' }],
  ['no container db', { links: ['other:o', 'db:database'] }],
  ['no container data', { volumesFrom: ['data:ro'] }],
  ['http', { publish: ['http'] }],
  ['no host entry', { addHosts: ['db'] }],
  ['no kernel parameter', { sysctls: ['kernel.msgmax'] }],
  ['no environment variable', { env: ['=x'] }],
  ['tmpfs', { tmpfs: ['data'] }],
])('run options are refused without an image: %s', async (names, run) => {
  await expect(check(run)).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(names) });
});

it('asks for the networks and containers that are named, and for no others', async () => {
  expect(await check({ network: 'there', links: ['other:o'], volumesFrom: ['other'] })).toEqual([
    'GET /networks/there',
    'GET /containers/other/json',
    'GET /containers/other/json',
  ]);
  for (const network of ['bridge', 'default', 'host', 'none']) expect(await check({ network })).toEqual([]);
  expect(await check({ network: 'backend' }, true)).toEqual([]);
});

it('does not take an engine that is out of order for one that lacks the network', async () => {
  await expect(check({ network: 'broken' })).rejects.toMatchObject({ code: 'engine-failed' });
});
