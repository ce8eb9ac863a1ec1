import { expect, test } from 'vitest';
import { entryRoom } from './entry-room.ts';

test('there is room for as many entries as the heap holds, and never for more than two million', () => {
  expect(entryRoom(2 ** 31)).toBe(262_144);
  expect(entryRoom(2 ** 28)).toBe(32_768);
  expect(entryRoom(2 ** 40)).toBe(2_000_000);
  expect(entryRoom()).toBeGreaterThan(10_000);
});
