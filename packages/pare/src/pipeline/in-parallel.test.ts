import { once } from 'node:events';
import { expect, test } from 'vitest';
import { inParallel } from './in-parallel.ts';

test('gives the results in the order of the tasks', async () => {
  const results = await inParallel(new AbortController().signal, [async () => 'first', async () => 2]);
  expect(results).toEqual(['first', 2]);
});

test('aborts and waits for the others when one fails, and throws the first failure', async () => {
  let ended = false;
  const slow = async (signal: AbortSignal) => {
    await once(signal, 'abort');
    ended = true;
    throw new Error('a consequence');
  };
  const failing = async () => {
    throw new Error('the cause');
  };
  await expect(inParallel(new AbortController().signal, [slow, failing])).rejects.toThrow('the cause');
  expect(ended).toBe(true);
});

test("passes the caller's abort on", async () => {
  const controller = new AbortController();
  const task = async (signal: AbortSignal) => {
    await once(signal, 'abort');
    signal.throwIfAborted();
  };
  const running = inParallel(controller.signal, [task]);
  controller.abort(new Error('stop'));
  await expect(running).rejects.toThrow('stop');
});
