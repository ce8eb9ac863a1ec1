import { readFileSync } from 'node:fs';
import { elfFile } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MalformedFile } from '../malformed-file.ts';
import { type ByteSource, parseElfIdentity } from './elf-bytes.ts';
import { parseElf } from './parse-elf.ts';

const source = (bytes: Uint8Array): ByteSource => ({
  name: '/usr/bin/x',
  sizeBytes: bytes.length,
  read: async (start, lengthBytes) => bytes.subarray(start, start + lengthBytes),
});

test.each([
  { bits: 64, bigEndian: false, machine: 62 },
  { bits: 32, bigEndian: false, machine: 3 },
  { bits: 64, bigEndian: true, machine: 22 },
  { bits: 32, bigEndian: true, machine: 8 },
] as const)('reads the dynamic section of a $bits bit object (big-endian: $bigEndian)', async (identity) => {
  const bytes = elfFile({
    ...identity,
    interpreter: '/lib/ld.so.1',
    soname: 'libx.so.1',
    needed: ['liba.so.1', 'libb.so.2'],
    rpath: '/a:/b',
    runpath: '$ORIGIN/../lib',
  });
  expect(await parseElf(source(bytes))).toMatchObject({
    bits: identity.bits,
    machine: identity.machine,
    littleEndian: !identity.bigEndian,
    interpreter: '/lib/ld.so.1',
    dynamic: true,
    soname: 'libx.so.1',
    needed: ['liba.so.1', 'libb.so.2'],
    rpath: ['/a', '/b'],
    runpath: ['$ORIGIN/../lib'],
  });
});

test('reads a real program by ranges', async () => {
  const elf = await parseElf(source(readFileSync(process.execPath)));
  expect(elf.interpreter).toMatch(/^\/lib.*\/ld-/);
  expect(elf.needed).toContain('libc.so.6');
  expect(elf.data.length).toBeGreaterThan(0);
});

test('an object without a dynamic section needs nothing', async () => {
  const bytes = elfFile();
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(64 + 56, 0, true);
  expect(await parseElf(source(bytes))).toMatchObject({ dynamic: false, needed: [], interpreter: undefined });
});

test('text is no ELF object', () => {
  expect(parseElfIdentity(Buffer.from('#!/bin/sh\necho hello, this is a script'))).toBeUndefined();
  expect(parseElfIdentity(new Uint8Array(0))).toBeUndefined();
});

test.each([
  ['an empty file', new Uint8Array(0), 'truncated'],
  ['a header that is cut off', elfFile().subarray(0, 40), 'truncated'],
  ['program headers that are cut off', elfFile().subarray(0, 100), 'truncated'],
  [
    'a dynamic section that is cut off',
    elfFile({ needed: ['liba.so'] }).subarray(0, 64 + 2 * 56 + 8),
    'truncated',
  ],
  ['a string table that is cut off', elfFile({ needed: ['liba.so'] }).subarray(0, -4), 'truncated'],
])('%s is refused', async (_, bytes, code) => {
  const error = await parseElf(source(bytes)).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MalformedFile);
  expect(error).toMatchObject({ code });
});

test('a string table outside every segment is corrupt', async () => {
  const bytes = elfFile({ needed: ['liba.so'] });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dynamicAt = 64 + 2 * 56;
  view.setBigUint64(dynamicAt + 16 + 8, 0xffff_ffff_ffffn, true);
  await expect(parseElf(source(bytes))).rejects.toMatchObject({ code: 'corrupt' });
});

test('a name outside the string table is corrupt', async () => {
  const bytes = elfFile({ needed: ['liba.so'] });
  new DataView(bytes.buffer, bytes.byteOffset).setBigUint64(64 + 2 * 56 + 8, 1n << 40n, true);
  await expect(parseElf(source(bytes))).rejects.toMatchObject({ code: 'corrupt' });
});

test('whatever the bytes, it ends with an object or a MalformedFile and reads only inside the file', async () => {
  const whole = elfFile({ interpreter: '/lib/ld.so', needed: ['liba.so', 'libb.so'], runpath: '/x' });
  const change = fc.record({ at: fc.nat(whole.length - 1), value: fc.nat(255) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 12 }),
      fc.nat(whole.length),
      async (changes, length) => {
        const bytes = Uint8Array.from(whole.subarray(0, whole.length - (length % 3 === 0 ? length : 0)));
        for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
        const outcome = await parseElf(source(bytes)).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(MalformedFile);
      },
    ),
    { numRuns: 500 },
  );
});
