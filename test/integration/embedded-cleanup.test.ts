import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RealEngine, realEmbeddedEngine, testBase } from '../../packages/testkit/src/index.ts';

let real: RealEngine;
beforeAll(async () => {
  real = await realEmbeddedEngine([testBase()]);
});
afterAll(() => real?.[Symbol.asyncDispose]());

/** A program of its own that makes containers on the same store, one after the other, until it is killed. */
const program = `
import { connectEmbedded } from '${import.meta.dirname}/../../packages/pare/src/engine/embedded/connect.ts';
import { openImageStore } from '${import.meta.dirname}/../../packages/pare/src/store/image-store.ts';
import { dockerDefaultProfile } from '${import.meta.dirname}/../../packages/pare/src/harden/default-profile.ts';
import { plainRun } from '${import.meta.dirname}/../../packages/testkit/src/plain-run.ts';
const [directory, image] = process.argv.slice(1);
const engine = await connectEmbedded({
  runId: 'killed.' + process.pid,
  temporaryDirectory: directory,
  openStore: () => openImageStore({ cacheDirectory: directory, root: directory + '/data/store' }),
  defaultSeccomp: dockerDefaultProfile,
});
process.stdout.write('ready\\n');
for (;;) {
  const network = await engine.createNetwork();
  const container = await engine.createContainer({
    image, run: { ...plainRun, volumes: ['/anonymous'] }, publishLoopback: ['80/tcp'], binds: [], addCapabilities: [],
    dropCapabilities: [], noNewPrivileges: false, disableHealthcheck: true,
    argv: ['sh', '-c', 'sleep 600 & exec sleep 601'], attach: { network: network.id, aliases: ['a'] },
  });
  await container.start();
  process.stdout.write('running\\n');
  await container.exec(['true']);
  await container[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
}`;

const processesHere = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return `${environment}${command}`.includes(real.directory);
      } catch {
        return false;
      }
    });

it('leaves no process and no mount when it is killed at any moment, and directories only until they are collected', async () => {
  for (let round = 0; round < 8; round += 1) {
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', program, real.directory, testBase()],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    // Spread over what one container takes, from its first directory to its removal.
    await delay(round * 60);
    child.kill('SIGKILL');
    await once(child, 'close');
    await expect.poll(processesHere, { timeout: 10_000 }).toEqual([]);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(real.directory);
  }
  const owned = await real.engine.listOwned();
  expect(owned.containers.length + owned.networks.length).toBeGreaterThan(0);
  expect(owned.containers.every(({ run }) => run.startsWith('killed.'))).toBe(true);
  await real.engine.removeOwned(owned);
  expect(await real.engine.listOwned()).toEqual({ containers: [], volumes: [], networks: [] });
  for (const place of ['c', 'n', 'volumes']) {
    const directory = join(real.directory, 'data/engine', place);
    expect(existsSync(directory) ? readdirSync(directory) : []).toEqual([]);
  }
  expect(cgroups()).toEqual([]);
});

/** Directories of the runtime's, two levels deep, in every hierarchy. */
function cgroups(): readonly string[] {
  return readdirSync('/sys/fs/cgroup', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.startsWith('pare-'))
    .map((entry) => join(entry.parentPath, entry.name));
}
