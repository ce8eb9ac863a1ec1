import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { parseTicks, watchActivity } from './activity.ts';

test('adds user and system time, whatever the name of the process', () => {
  const numbers = Array.from({ length: 50 }, (_, index) => index + 3).join(' ');
  expect(parseTicks(`1 (a) b (c)) S ${numbers.slice(numbers.indexOf('4'))}`)).toBe(14 + 15);
});

test.each(['', '1 (x', 'nonsense'])('counts nothing in %j', (stat) => {
  expect(parseTicks(stat)).toBe(0);
});

test('a process that sleeps becomes quiet, one that works does not', async () => {
  const idle = spawn('sleep', ['60'], { stdio: 'ignore' });
  const busy = spawn(process.execPath, ['-e', 'console.log(1); for (;;);'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await once(busy.stdout, 'data');
    const idleWatch = watchActivity(idle.pid);
    const busyWatch = watchActivity(busy.pid);
    const deadline = performance.now() + 10_000;
    let quietMs = 0;
    let longestBusyMs = 0;
    while (quietMs < 200 && performance.now() < deadline) {
      quietMs = idleWatch.quietMs() ?? 0;
      longestBusyMs = Math.max(longestBusyMs, busyWatch.quietMs() ?? 0);
    }
    expect(quietMs).toBeGreaterThanOrEqual(200);
    expect(longestBusyMs).toBeLessThan(quietMs);
  } finally {
    idle.kill('SIGKILL');
    busy.kill('SIGKILL');
  }
});

test('says nothing of a process that is gone or on another machine', async () => {
  expect(watchActivity(2 ** 22 + 1).quietMs()).toBeUndefined();
  expect(watchActivity(undefined).quietMs()).toBeUndefined();
});
