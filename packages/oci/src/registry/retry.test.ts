import { describe, expect, it } from 'vitest';
import { backOffMs, isTransientError, isTransientStatus, type RetryClock, retryAfterMs } from './retry.ts';

const clock: RetryClock = { now: () => Date.UTC(2026, 0, 1), pause: async () => {}, random: () => 0.5 };

describe('waiting', () => {
  it('doubles, up to a limit, and spreads', () => {
    expect([1, 2, 3, 20].map((attempt) => backOffMs(attempt, clock))).toEqual([188, 375, 750, 11_250]);
    expect(backOffMs(1, { ...clock, random: () => 0 })).toBe(125);
  });

  it('reads Retry-After as seconds or as a date', () => {
    const wait = (value?: string) =>
      retryAfterMs({ headers: value === undefined ? {} : { 'retry-after': value } }, clock);
    expect(wait('3')).toBe(3000);
    expect(wait('Thu, 01 Jan 2026 00:00:10 GMT')).toBe(10_000);
    expect(wait('Thu, 01 Jan 2015 00:00:10 GMT')).toBe(0);
    expect([wait(), wait('soon'), wait('-1')]).toEqual([undefined, undefined, expect.anything()]);
  });

  it('knows what may pass', () => {
    expect([429, 500, 503].every(isTransientStatus)).toBe(true);
    expect([200, 400, 401, 404, 501].some(isTransientStatus)).toBe(false);
    expect(isTransientError(Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toBe(true);
    expect(isTransientError(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBe(false);
    expect(isTransientError(new Error('x'))).toBe(false);
  });
});
