import { describe, expect, test } from 'vitest';
import {
  parseArgv,
  parseCount,
  parseCpus,
  parseDuration,
  parseHttpProbe,
  parsePort,
  parseSize,
} from './run-option-parsers.ts';

const refusal = expect.objectContaining({ code: 'commander.invalidArgument' });

test.each([
  ['64m', 64 * 1024 ** 2],
  ['1g', 1024 ** 3],
  ['512', 512],
  ['1.5k', 1536],
  ['10mb', 10 * 1024 ** 2],
])('reads the size %s', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  ['90', 90_000],
  ['500ms', 500],
  ['1.5s', 1500],
  ['2m', 120_000],
])('reads the duration %s', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  ['nginx -g x', ['nginx', '-g', 'x']],
  ['["nginx","-g","daemon off;"]', ['nginx', '-g', 'daemon off;']],
  ['', []],
])('reads the command %j', (text, argv) => {
  expect(parseArgv(text)).toEqual(argv);
});

test('reads requests with and without a method', () => {
  expect(parseHttpProbe('/x', parseHttpProbe('post:/login', []))).toEqual([
    { method: 'POST', path: '/login' },
    { method: 'GET', path: '/x' },
  ]);
});

describe('bad input', () => {
  test.each(['', 'm', '-1m', '1x', '1 000'])('refuses the size %j', (text) => {
    expect(() => parseSize(text)).toThrow(refusal);
  });
  test.each(['', '-1', '1d', 'soon'])('refuses the duration %j', (text) => {
    expect(() => parseDuration(text)).toThrow(refusal);
  });
  test.each(['["a"', '[1]', '[{"a":1}]'])('refuses the command %j', (text) => {
    expect(() => parseArgv(text)).toThrow(refusal);
  });
  test.each(['0', '65536', 'http', '80.5'])('refuses the port %j', (text) => {
    expect(() => parsePort(text, [])).toThrow(refusal);
  });
  test.each(['0', '-1', 'many', '1e3'])('refuses the count %j', (text) => {
    expect(() => parseCount(text)).toThrow(refusal);
  });
  test.each(['login', 'POST', 'POST:login', ''])('refuses the request %j', (text) => {
    expect(() => parseHttpProbe(text, [])).toThrow(refusal);
  });
});

test.each([
  ['1', 1],
  ['0.5', 0.5],
  ['2.25', 2.25],
])('reads %s processors', (text, cpus) => {
  expect(parseCpus(text)).toBe(cpus);
});

test.each(['0', '0.0', '-1', 'two', '1.', ''])('refuses %j as a number of processors', (text) => {
  expect(() => parseCpus(text)).toThrow('Give a number of processors');
});
