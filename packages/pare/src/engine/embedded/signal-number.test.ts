import { expect, it } from 'vitest';
import { signalNumber } from './signal-number.ts';

it('takes a signal by name, with and without SIG, by number, and counted from the real-time ones', () => {
  expect(['TERM', 'sigterm', '15', 'SIGRTMIN+3', 'RTMAX-1', 'SIGKILL'].map(signalNumber)).toEqual([
    15, 15, 15, 37, 63, 9,
  ]);
});

it('refuses what is no signal', () => {
  for (const name of ['', '0', '65', 'NOPE', 'SIGRTMIN+40', '9; rm']) {
    expect(() => signalNumber(name)).toThrowError(expect.objectContaining({ code: 'usage' }));
  }
});
