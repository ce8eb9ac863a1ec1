import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openCleanup } from './cleanup.ts';

test('waits for every removal, and throws the first that failed, at its end', async () => {
  const done: string[] = [];
  const slow = async (name: string) => {
    await setImmediate();
    done.push(name);
  };
  const cleanup = openCleanup();
  cleanup.defer(slow('one'));
  cleanup.defer(Promise.reject(new Error('cannot be removed')));
  cleanup.defer(slow('two'));
  await cleanup.settled();
  expect(done).toEqual(['one', 'two']);
  await expect(cleanup[Symbol.asyncDispose]()).rejects.toThrow('cannot be removed');
});
