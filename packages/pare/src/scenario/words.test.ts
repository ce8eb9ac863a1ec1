import { describe, expect, test } from 'vitest';
import { parseDurationMs, parseSizeBytes } from './quantities.ts';
import { splitWords } from './words.ts';

describe('splitWords', () => {
  test.each([
    ['', []],
    ['  a  b ', ['a', 'b']],
    [`a "b c" 'd "e"'`, ['a', 'b c', 'd "e"']],
    [`a\\ b "\\"" ''`, ['a b', '"', '']],
    [`x='a b'c`, ['x=a bc']],
    ["'open", ['open']],
    ['end\\', ['end\\']],
  ])('splits %j', (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });
});

describe('quantities', () => {
  test('are milliseconds and bytes, or nothing', () => {
    expect(['90', '1.5s', '500ms', '2m', '1h'].map(parseDurationMs)).toEqual([
      90_000, 1500, 500, 120_000, 3_600_000,
    ]);
    expect(['', 's', '1 s', '-1', '1d'].map(parseDurationMs)).toEqual(Array(5).fill(undefined));
    expect(['64m', '1g', '1.5k', '10', '10b', '1KB'].map(parseSizeBytes)).toEqual([
      64 * 1024 ** 2,
      1024 ** 3,
      1536,
      10,
      10,
      1024,
    ]);
    expect(['', 'm', '1t', '-1'].map(parseSizeBytes)).toEqual(Array(4).fill(undefined));
  });
});
