import { expect, test } from 'vitest';
import { decodeName, encodeName } from './name.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

test.each([
  ['a replacement character of its own', '61efbfbd62', 'a\ufffdb'],
  ['one beside a byte that is not valid', 'efbfbdff', '\ufffd\udcff'],
  ['a mark of the byte order', 'efbbbf61', '\ufeffa'],
  ['nothing', '', ''],
])('decodes a name with %s, and gives its bytes back', (_, hex, text) => {
  expect(decodeName(bytes(hex))).toBe(text);
  expect(Buffer.from(encodeName(text)).toString('hex')).toBe(hex);
});

test('decodes bytes that lie within others', () => {
  expect(decodeName(Buffer.from('xx/etc\u00e9\u00ffyy').subarray(2, -4))).toBe('/etc\u00e9');
});
