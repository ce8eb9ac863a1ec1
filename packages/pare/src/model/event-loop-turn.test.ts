import { describe, expect, test } from 'vitest';
import { createTurns, inTurns } from './event-loop-turn.ts';

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
  expect(
    await heardTimer(
      createTurns(() => true),
      5000,
    ),
  ).toBe(true);
  expect(await heardTimer(() => Promise.resolve(), 30)).toBe(false);
});

describe('work that yields', () => {
  function* countTo(end: number): Generator<undefined, number> {
    for (let at = 0; at < end; at += 1) yield;
    return end;
  }
  const never = new AbortController().signal;

  test('takes a turn before each of its parts and gives its result', async () => {
    let turns = 0;
    const turn = async () => {
      turns += 1;
    };
    expect(await inTurns(countTo(3), turn, never)).toBe(3);
    expect(turns).toBe(4);
  });

  test('goes no further once it is aborted', async () => {
    const controller = new AbortController();
    let turns = 0;
    const turn = async () => {
      turns += 1;
      if (turns === 2) controller.abort(new Error('enough'));
    };
    await expect(inTurns(countTo(3), turn, controller.signal)).rejects.toThrow('enough');
    expect(turns).toBe(2);
  });
});
