import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { isAlive, ownIdentity, processExists } from './process-identity.ts';

/** A process that has ended and whose parent does not ask how: it keeps its PID and its `/proc` (a zombie). */
async function openZombie() {
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  const stat = () => readFile(`/proc/${pid}/stat`, 'latin1');
  await vi.waitFor(async () => expect(await stat()).toMatch(/\) Z /), { timeout: 10_000 });
  const started = (await stat()).split(') ')[1]?.split(' ')[19] ?? '';
  return {
    pid,
    started,
    async [Symbol.asyncDispose]() {
      parent.kill('SIGKILL');
      await once(parent, 'close');
    },
  };
}

test('this process is alive, and one that started at another time is not it', async () => {
  const own = await ownIdentity();
  expect(await isAlive(own)).toBe(true);
  expect(processExists(own.pid)).toBe(true);
  expect(await isAlive({ ...own, started: '1' })).toBe(false);
});

test('a process that has ended is not alive, also where nobody has reaped it yet', async () => {
  await using zombie = await openZombie();
  expect(await isAlive(zombie)).toBe(false);
  expect(processExists(zombie.pid)).toBe(false);
  const child = spawn('true');
  await once(child, 'close');
  expect(processExists(child.pid ?? 0)).toBe(false);
});
