import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseTarNumber, writeTarNumber } from './tar-number.ts';

const parse = (text: string) => parseTarNumber(Buffer.from(text, 'latin1'), 0, text.length);

it.each([
  ['0000644\0', 0o644],
  [' 644 \0\0\0', 0o644],
  ['\0\0\0\0\0\0\0\0', 0],
  ['        ', 0],
  ['77777777', 0o77777777],
  ['644\0zzzz', 0o644],
  ['\x80\0\0\0\0\0\x01\0', 256],
  ['\xff\xff\xff\xff\xff\xff\xff\xff', -1],
  ['\xff\xff\xff\xff\xff\xff\xff\0', -256],
])('reads %j', (text, value) => {
  expect(parse(text)).toBe(value);
});

it.each([
  '0000648\0',
  '-000001\0',
  '0x00\0\0\0\0',
  '12 3a\0\0\0'.replace('12 3a', '12a'),
  '\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff',
])('refuses %j', (text) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'corrupt' }));
});

it('reads back what it writes', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const block = Buffer.alloc(12);
      writeTarNumber(block, 0, 12, value);
      expect(parseTarNumber(block, 0, 12)).toBe(value);
    }),
  );
});
