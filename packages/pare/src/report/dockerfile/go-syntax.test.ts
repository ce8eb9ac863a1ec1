import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseGoDuration, parseQuoted, parseStringList, parseWords, renderGoDuration } from './go-syntax.ts';

test('reads lists as %q and as JSON write them', () => {
  expect(parseStringList('["nginx" "-g" "daemon off;"]')?.values).toEqual(['nginx', '-g', 'daemon off;']);
  expect(parseStringList('["a","b c"]')?.values).toEqual(['a', 'b c']);
  expect(parseStringList('[]')?.values).toEqual([]);
});

test("reads Go's escapes", () => {
  expect(parseQuoted(String.raw`"a\"\\\n\t\x41\u00e9\U0001f600\101\a"`, 0)?.value).toBe(
    'a"\\\n\tAé😀A\u0007',
  );
  expect(parseQuoted(`'\\x03'`, 0)?.value).toBe('\u0003');
  expect(parseQuoted('"\\Uffffffff"', 0)?.value).toBe('\ufffd');
});

test.each(['', '[', '["a"', '["a\\', '["a" b]', '["\\q"]', 'x', '["a', '[\\'])(
  'gives undefined for %j, which is no list',
  (text) => {
    expect(parseStringList(text)).toBeUndefined();
  },
);

test('reads every list that JSON writes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (values) => {
      expect(parseStringList(JSON.stringify(values).replaceAll('\\/', '/'))?.values).toEqual(values);
    }),
  );
});

test('reads words, lists of %v and maps', () => {
  expect(parseWords('[/bin/bash -o pipefail -c]')).toEqual(['/bin/bash', '-o', 'pipefail', '-c']);
  expect(parseWords('map[80/tcp:{} 443/tcp:{}]')).toEqual(['80/tcp', '443/tcp']);
  expect(parseWords('80/tcp')).toEqual(['80/tcp']);
  expect(parseWords('')).toEqual([]);
});

test('reads what it writes of durations', () => {
  expect(parseGoDuration('1h0m30s')).toBe(3630e9);
  expect(parseGoDuration('1.5s')).toBe(1.5e9);
  expect(parseGoDuration('soon')).toBeUndefined();
  expect(renderGoDuration(90e9)).toBe('1m30s');
  expect(renderGoDuration(0)).toBe('0s');
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e15 }), (nanoseconds) => {
      expect(parseGoDuration(renderGoDuration(nanoseconds))).toBe(nanoseconds);
    }),
  );
});
