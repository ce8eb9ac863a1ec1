import { expect, test } from 'vitest';
import { createTurns } from './event-loop-turn.ts';

/** Works until a timer came through, `limitMs` at most; gives whether it did. */
async function heardTimer(turn: () => Promise<void>, limitMs: number): Promise<boolean> {
  let rang = false;
  setTimeout(() => {
    rang = true;
  }, 1);
  const until = performance.now() + limitMs;
  while (!rang && performance.now() < until) await turn();
  return rang;
}

test('work that takes turns lets a timer come through, and work of promises alone does not', async () => {
  expect(await heardTimer(createTurns(), 5000)).toBe(true);
  expect(await heardTimer(() => Promise.resolve(), 30)).toBe(false);
});
