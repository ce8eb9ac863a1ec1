import { expect, test } from 'vitest';
import { parseSignalMasks, signalNumber, wouldNotice } from './stop-signal.ts';

test.each([
  ['SIGTERM', 15],
  ['term', 15],
  ['15', 15],
  ['SIGQUIT', 3],
  ['WINCH', 28],
  ['SIGRTMIN+3', 37],
  ['rtmax-1', 63],
  ['SIGRTMIN', 34],
  ['64', 64],
])('knows %s', (name, number) => {
  expect(signalNumber(name)).toBe(number);
});

test.each(['', '0', '65', 'SIGNOPE', 'SIGRTMIN+99', 'SIGRTMIN-1', 'constructor', 'SIG'])(
  'knows no signal %j',
  (name) => {
    expect(signalNumber(name)).toBeUndefined();
  },
);

const status = (caught: string, blocked: string) =>
  `Name:\tnode\nSigBlk:\t${blocked}\nSigIgn:\t0000000000001000\nSigCgt:\t${caught}\n`;
const none = '0000000000000000';

test('a process without a handler does not notice its stop signal', () => {
  const masks = parseSignalMasks(status('0000000100000602', none));
  expect(masks && wouldNotice(masks, 15)).toBe(false);
});

test('a process that catches the signal notices it', () => {
  const masks = parseSignalMasks(status('0000000000004000', none));
  expect(masks && wouldNotice(masks, 15)).toBe(true);
});

test('a process that blocks the signal, to wait for it, notices it', () => {
  const masks = parseSignalMasks(status(none, 'fffffffe7ffbfeff'));
  expect(masks && wouldNotice(masks, 15)).toBe(true);
  expect(masks && wouldNotice(masks, 37)).toBe(true);
});

test.each(['', 'SigCgt:\tzz\nSigBlk:\t0\n', 'SigCgt:\t0000000000004000\n'])(
  'finds no masks in %j',
  (text) => {
    expect(parseSignalMasks(text)).toBeUndefined();
  },
);
