import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runToEnd } from '../model/event-loop-turn.ts';
import { inUtf8 } from './utf8-pieces.ts';

test('is the UTF-8 of the whole text, whatever its pieces', () => {
  const texts = fc.array(fc.string({ unit: 'binary' }));
  fc.assert(
    fc.property(texts, fc.integer({ min: 0, max: 20 }), (parts, atLeastBytes) => {
      const pieces = runToEnd(inUtf8(parts, atLeastBytes));
      expect(Buffer.concat(pieces).toString()).toBe(parts.join(''));
    }),
  );
});

test('gathers short texts, and yields while there are more', () => {
  const work = inUtf8(['é', 'b', 'c', 'd', 'e'.repeat(30)], 12);
  let pauses = 0;
  for (let step = work.next(); ; step = work.next()) {
    if (step.done === true) {
      expect(step.value.map(String)).toEqual(['', 'ébcd', 'e'.repeat(30)]);
      expect(pauses).toBe(2);
      return;
    }
    pauses += 1;
  }
});
