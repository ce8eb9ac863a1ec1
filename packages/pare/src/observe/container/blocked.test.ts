import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { areAsleep, parseCurrentCall } from './blocked.ts';

const started: ChildProcess[] = [];
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-blocked-'));
  execFileSync('mkfifo', [join(directory, 'inbox')]);
});
afterEach(async () => {
  // A child of a shell outlives it: each shell leads a group of its own, which goes as a whole.
  for (const { pid } of started.splice(0)) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  await rm(directory, { recursive: true });
});

/** Runs a shell script beside a named pipe, `inbox`, that nobody writes to, and gives its PID. */
function run(script: string): number {
  const child = spawn('sh', ['-c', script], { cwd: directory, stdio: 'ignore', detached: true });
  started.push(child);
  if (child.pid === undefined) throw new Error('sh cannot be started');
  return child.pid;
}

/** Whether it comes to sleep, for so long at least, within five seconds. */
async function comesToRest(pid: number, atLeastMs?: number): Promise<boolean> {
  const until = performance.now() + 5000;
  while (performance.now() < until) {
    if (areAsleep(pid, atLeastMs)) return true;
    await setImmediate();
  }
  return false;
}

describe('a tree of processes', () => {
  it('sleeps endlessly when all that it does is wait for others', async () => {
    expect(await comesToRest(run('read line <inbox'))).toBe(true);
    expect(await comesToRest(run('cat inbox | cat; true'))).toBe(true);
  });

  it('does not while one of it waits for time to pass, or works', async () => {
    const sleeping = run('sleep 60; true');
    const working = run('(while :; do :; done) | cat; true');
    // As long as it takes another one to come to rest.
    expect(await comesToRest(run('cat inbox; true'))).toBe(true);
    expect(areAsleep(sleeping)).toBe(false);
    expect(areAsleep(working)).toBe(false);
  });

  it('sleeps for long when it said that it would look up later only', async () => {
    const program = 'setInterval(() => {}, 60_000)';
    const pid = run(`${process.execPath} -e '${program}'; true`);
    expect(await comesToRest(pid, 1000)).toBe(true);
    expect(areAsleep(pid, 120_000)).toBe(false);
    expect(areAsleep(pid)).toBe(false);
  });

  it('does not when it is gone', async () => {
    expect(areAsleep(2 ** 22 + 1)).toBe(false);
  });
});

describe('the call that a thread is in', () => {
  const rest = '0x1 0x2 0xffffffffffffffff 0x0 0x0 0x0 0x7ffcb9d9bdf8 0x411aa9';

  it('is told with its arguments', () => {
    expect(parseCurrentCall(`7 ${rest}\n`, 'x86_64')).toEqual({
      name: 'poll',
      args: [1n, 2n, 0xffffffffffffffffn, 0n, 0n, 0n],
    });
    expect(parseCurrentCall(`73 ${rest}\n`, 'aarch64')?.name).toBe('ppoll');
  });

  it.each([
    '',
    'running\n',
    '-1 0x7ffc 0x41\n',
    `x ${rest}`,
    `7 ${rest} 0x1`,
    '7 1 2 3 4 5 6 7 8',
    `9999 ${rest}`,
  ])('is none in %j', (text) => {
    expect(parseCurrentCall(text, 'x86_64')).toBeUndefined();
  });
});
