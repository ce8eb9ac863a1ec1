import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatItems,
  formatPercent,
  formatRatio,
} from './format.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 kB'],
  [999_499, '999 kB'],
  [999_500, '1 MB'],
  [98_600_000, '98.6 MB'],
  [592_000_000, '592 MB'],
  [1_234_000_000, '1.23 GB'],
  [5e15, '5000 TB'],
])('says %d bytes as docker does, in decimal units: %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('says a ratio with one digit, from a hundred on with none, and none of nothing', () => {
  expect(formatRatio(592e6, 19.7e6)).toBe('30.1×');
  expect(formatRatio(1000, 5)).toBe('200×');
  expect(formatRatio(3, 2, 'x')).toBe('1.5x');
  expect(formatRatio(5, 0)).toBe('-');
});

test.each([
  [0, '0 ms'],
  [999.4, '999 ms'],
  [999.9, '1.0 s'],
  [17_415, '17.4 s'],
  [59_960, '1 min 0 s'],
  [125_000, '2 min 5 s'],
])('says %d milliseconds as %s', (elapsedMs, text) => {
  expect(formatDuration(elapsedMs)).toBe(text);
});

test('counts with the right noun', () => {
  expect(formatCount(44_571)).toBe('44,571');
  expect(formatItems(1, 'file')).toBe('1 file');
  expect(formatItems(2, 'access', 'accesses')).toBe('2 accesses');
});

test.each([
  [0, '0 %'],
  [0.001, '< 1 %'],
  [0.426, '43 %'],
  [0.999, '> 99 %'],
  [1, '100 %'],
])('words a share of %d as %s', (share, text) => {
  expect(formatPercent(share)).toBe(text);
});
