import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MalformedFile } from '../malformed-file.ts';
import { parseLdSoCache } from './ld-so-cache.ts';

function cache(entries: readonly { soname: string; path: string; hwcap?: bigint }[], before = ''): Buffer {
  const header = Buffer.alloc(48);
  header.write('glibc-ld.so.cache1.1', 'latin1');
  header.writeUInt32LE(entries.length, 20);
  const table = Buffer.alloc(24 * entries.length);
  let strings = '';
  const base = header.length + table.length;
  for (const [index, { soname, path, hwcap = 0n }] of entries.entries()) {
    table.writeUInt32LE(base + strings.length, index * 24 + 4);
    strings += `${soname}\0`;
    table.writeUInt32LE(base + strings.length, index * 24 + 8);
    strings += `${path}\0`;
    table.writeBigUInt64LE(hwcap, index * 24 + 16);
  }
  return Buffer.concat([Buffer.from(before), header, table, Buffer.from(strings)]);
}

const entries = [
  { soname: 'liba.so.1', path: '/usr/lib/haswell/liba.so.1', hwcap: 4n },
  { soname: 'liba.so.1', path: '/usr/lib/liba.so.1' },
  { soname: 'libb.so.2', path: '/lib/libb.so.2' },
];

test('lists libraries by soname in order', () => {
  expect([...parseLdSoCache(cache(entries))]).toEqual([
    [
      'liba.so.1',
      [
        { path: '/usr/lib/haswell/liba.so.1', hwcaps: true },
        { path: '/usr/lib/liba.so.1', hwcaps: false },
      ],
    ],
    ['libb.so.2', [{ path: '/lib/libb.so.2', hwcaps: false }]],
  ]);
});

test('finds the new format behind the old one', () => {
  expect(parseLdSoCache(cache(entries, 'ld.so-1.7.0 and entries'))).toEqual(parseLdSoCache(cache(entries)));
});

test.each([
  ['an empty file', Buffer.alloc(0), 'unsupported'],
  ['a cache that ends in its header', cache(entries).subarray(0, 30), 'truncated'],
  ['a cache that ends in its entries', cache(entries).subarray(0, 60), 'truncated'],
  ['a cache that ends in its strings', cache(entries).subarray(0, -8), 'corrupt'],
])('%s is refused', (_, bytes, code) => {
  expect(() => parseLdSoCache(bytes)).toThrow(MalformedFile);
  expect(() => parseLdSoCache(bytes)).toThrow(expect.objectContaining({ code }));
});

test('whatever the bytes, it ends with libraries or a MalformedFile', () => {
  const whole = cache(entries);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      try {
        parseLdSoCache(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedFile);
      }
    }),
  );
});
