import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  controlGroups,
  type RealEngine,
  realEmbeddedEngine,
  testBase,
} from '../../packages/testkit/src/index.ts';

let real: RealEngine;
beforeAll(async () => {
  real = await realEmbeddedEngine([testBase()]);
});
afterAll(() => real?.[Symbol.asyncDispose]());

/** Makes containers on the same store, one after the other, until it is killed. */
const program = join(import.meta.dirname, 'embedded/make-containers.ts');

const processesHere = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        return [real.directory, 'PARE_RUN=killed.'].some((text) => `${environment}${command}`.includes(text));
      } catch {
        return false;
      }
    });

it('leaves no process and no mount when it is killed at any moment, and directories only until they are collected', async () => {
  for (let round = 0; round < 8; round += 1) {
    const child = spawn(process.execPath, [program, real.directory, testBase()], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [ready] = await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
    expect(String(ready)).toBe('ready\n');
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
  expect(cgroupsOf(owned.containers.map(({ id }) => id))).toEqual([]);
});

/** Directories that a runtime made for these containers, in every hierarchy. */
function cgroupsOf(ids: readonly string[]): readonly string[] {
  return ids.flatMap((id) => controlGroups(`pare-${id}`));
}
