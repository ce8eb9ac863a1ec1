import { expect, test } from 'vitest';
import { healthArgv, healthTimes } from './health-check.ts';

test('a health check that says nothing else has the times of Docker, and zero says nothing', () => {
  const usual = { intervalMs: 30_000, timeoutMs: 30_000, retries: 3, startPeriodMs: 0 };
  expect(healthTimes({})).toEqual(usual);
  expect(healthTimes({ Interval: 0, Timeout: 0, Retries: 0, StartPeriod: 0 })).toEqual(usual);
});

test('times are nanoseconds in the image', () => {
  const check = { Interval: 5e9, Timeout: 250e6, Retries: 7, StartPeriod: 1e9 };
  expect(healthTimes(check)).toEqual({
    ...{ intervalMs: 5000, timeoutMs: 250, retries: 7, startPeriodMs: 1000 },
  });
});

test.each([
  [
    ['CMD', 'check', 'a b'],
    ['check', 'a b'],
  ],
  [
    ['CMD-SHELL', 'check a b'],
    ['/bin/sh', '-c', 'check a b'],
  ],
  [['NONE'], undefined],
  [['CMD'], undefined],
  [['CMD-SHELL'], undefined],
  [[], undefined],
  [undefined, undefined],
])('of %j it runs %j', (test, argv) => {
  expect(healthArgv(test === undefined ? {} : { Test: test })).toEqual(argv);
});

test('an image without a health check has nothing to run', () => {
  expect(healthArgv(undefined)).toBeUndefined();
});
