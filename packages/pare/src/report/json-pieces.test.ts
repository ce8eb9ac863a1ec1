import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compactListPieces, jsonPieces } from './json-pieces.ts';

test('is the same text as that of JSON.stringify, whatever it is cut into', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 4 }), (value, atOnce) => {
      expect([...jsonPieces(value, 0, atOnce)].join('')).toBe(JSON.stringify(value, undefined, 2));
    }),
  );
});

test('is indented as what it becomes part of', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.integer({ min: 1, max: 4 }), (value, atOnce) => {
      const pieces = ['{\n  "a": {\n    "b": ', ...jsonPieces(value, 2, atOnce), '\n  }\n}'];
      expect(pieces.join('')).toBe(JSON.stringify({ a: { b: value } }, undefined, 2));
    }),
  );
});

test('leaves out what is undefined, and writes an object of nothing else as an empty one', () => {
  const value = { a: undefined, b: { c: undefined }, d: [undefined, {}, []], e: 1 };
  expect([...jsonPieces(value)].join('')).toBe(JSON.stringify(value, undefined, 2));
});

test('cuts long lists wherever a report has them', () => {
  const list = Array.from({ length: 10 }, (_, at) => ({ at }));
  const pieces = [...jsonPieces({ a: { b: { c: list } } }, 0, 3)];
  expect(pieces.filter((piece) => piece.includes('"at"'))).toHaveLength(4);
  expect(pieces.join('')).toBe(JSON.stringify({ a: { b: { c: list } } }, undefined, 2));
});

test('writes a list without white space as JSON.stringify does', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 4 }), (list, atOnce) => {
      const pieces = compactListPieces(list, (item) => [item], atOnce);
      expect([...pieces].join('')).toBe(JSON.stringify(list.map((item) => [item])));
    }),
  );
});
