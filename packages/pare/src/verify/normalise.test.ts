import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normaliseText } from './normalise.ts';

describe('normaliseText', () => {
  test.each([
    ['made 2026-11-21T01:44:12.123Z', 'made <time>'],
    ['Sat, 21 Nov 2026 01:44:12 GMT', '<time>'],
    ['Sat Nov 21 01:44:12 UTC 2026', '<time>'],
    ['Sat Nov  1 01:44:12 2026', '<time>'],
    ['[21/Nov/2026:01:44:12 +0000]', '[<time>]'],
    ['on 2026-11-21 at 1:44:12 PM', 'on <date> at <time>'],
    ['id 3f2504e0-4f89-11d3-9a0c-0305e82c3301', 'id <uuid>'],
    ['host 3747830fc63e', 'host <hex>'],
    ['{"pid":17,"uptime":3.25}', '{"pid":<number>,"uptime":<number>}'],
    ['ready in 12.5 ms, 34 MB', 'ready in <duration>, <size>'],
    ['at http://127.0.0.1:49153/x', 'at http://127.0.0.1:<port>/x'],
    ['from 172.17.0.3', 'from <address>'],
    ['<Object object at 0x7f3a2b>', '<Object object at <address>>'],
    ['epoch 1795225452 1795225452123', 'epoch <time> <time>'],
  ])('replaces what is volatile in %j', (text, expected) => {
    expect(normaliseText(text)).toBe(expected);
  });

  test.each([
    'nginx/1.22.1',
    'Hello, world',
    'price 42',
    '404 Not Found',
    'facade deadbeef',
    'accessible defaced decade',
  ])('leaves %j as it is', (text) => {
    expect(normaliseText(text)).toBe(text);
  });

  test('keeps the number of lines of any text', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('a', '1', ':', '-', '.', ' ', '\n', 'T', '/', '0x', 'pid=', 'ms'),
        }),
        (text) => {
          expect(normaliseText(text).split('\n')).toHaveLength(text.split('\n').length);
        },
      ),
    );
  });

  test('takes linear time for hostile repetition', () => {
    for (const unit of ['1', '1:', '0x1', 'a1', '1.', 'Mon ', 'pid=', '172.16.']) {
      const started = performance.now();
      normaliseText(unit.repeat(Math.floor(65_536 / unit.length)));
      expect(performance.now() - started, unit).toBeLessThan(1000);
    }
  });
});
