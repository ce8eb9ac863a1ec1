import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { stopApplication } from './stop.ts';

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that stands in for a container's first one. It says a line when it is ready. */
async function start(script: string) {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  let code: number | undefined;
  const sent: string[] = [];
  const ended = once(child, 'exit').then(([exitCode]) => {
    code = Number(exitCode ?? 128);
    return code;
  });
  await once(child.stdout, 'data');
  return {
    sent,
    hostPid: child.pid,
    ended,
    exitCode: () => code,
    container: {
      kill: async (name: string) => {
        sent.push(name);
        child.kill(name as NodeJS.Signals);
      },
    } as never,
  };
}

const { signal } = new AbortController();
const waiting = 'setInterval(() => {}, 1000); console.log("ready");';

test('waits for the end of an application that handles its stop signal', async () => {
  const running = await start(
    `process.on('SIGQUIT', () => setTimeout(() => process.exit(3), 50)); ${waiting}`,
  );
  const told: (string | undefined)[] = [];
  const onWaiting = () => void told.push(running.sent.at(-1));
  expect(await stopApplication(running, 'SIGQUIT', signal, { onWaiting })).toEqual({
    kind: 'ended',
    exitCode: 3,
  });
  expect(running.sent).toEqual(['SIGQUIT']);
  expect(told).toEqual(['SIGQUIT']);
});

test('sends nothing to an application that has no handler', async () => {
  const running = await start(waiting);
  const onWaiting = () => expect.unreachable();
  expect(await stopApplication(running, 'SIGWINCH', signal, { onWaiting })).toEqual({ kind: 'killed' });
  expect(running.sent).toEqual([]);
});

test('gives up on an application that goes on beyond its grace', async () => {
  const running = await start(`process.on('SIGTERM', () => {}); ${waiting}`);
  expect(await stopApplication(running, undefined, signal, { graceMs: 50 })).toEqual({ kind: 'killed' });
  expect(running.sent).toEqual(['SIGTERM']);
});

test('gives up soon when the handler took itself away', async () => {
  const running = await start(`process.once('SIGUSR2', () => {}); ${waiting}`);
  const started = performance.now();
  expect(await stopApplication(running, 'SIGUSR2', signal)).toEqual({ kind: 'killed' });
  expect(performance.now() - started).toBeLessThan(5000);
});

test('waits for one that is still shutting down when the handler took itself away', async () => {
  const running = await start(
    `process.once('SIGUSR2', () => setTimeout(() => process.exit(5), 100)); ${waiting}`,
  );
  expect(await stopApplication(running, 'SIGUSR2', signal)).toEqual({ kind: 'ended', exitCode: 5 });
});

test('says how an application ended that ended before', async () => {
  const running = await start('console.log("ready"); process.exit(4)');
  await running.ended;
  expect(await stopApplication(running, undefined, signal)).toEqual({ kind: 'ended', exitCode: 4 });
});

test('ends when it is aborted', async () => {
  const running = await start(`process.on('SIGTERM', () => {}); ${waiting}`);
  await expect(stopApplication(running, undefined, AbortSignal.abort())).rejects.toThrow(
    expect.objectContaining({ name: 'AbortError' }),
  );
});
