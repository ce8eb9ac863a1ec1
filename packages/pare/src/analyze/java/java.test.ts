import { deflateRawSync } from 'node:zlib';
import type { ImageConfig, ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createAnalysis } from '../analysis.ts';
import { MalformedFile } from '../malformed-file.ts';
import { parseClassPath } from './index.ts';
import { readZipEntry, type ZipSource } from './read-zip.ts';

/** A zip archive of these entries, deflated or stored. */
function zip(
  entries: Readonly<Record<string, string>>,
  options: { readonly store?: boolean; readonly comment?: string } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(entries)) {
    const content = options.store === true ? Buffer.from(text) : deflateRawSync(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(options.store === true ? 0 : 8, 10);
    central.writeUInt32LE(content.length, 20);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE(offset, 42);
    parts.push(local, Buffer.from(name), content);
    directory.push(central, Buffer.from(name));
    offset += 30 + name.length + content.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(entries).length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end, Buffer.from(options.comment ?? '')]);
}

const source = (bytes: Uint8Array): ZipSource => ({
  name: '/x.jar',
  sizeBytes: bytes.length,
  read: async (start, lengthBytes) => bytes.subarray(start, start + lengthBytes),
});
const manifest = 'META-INF/MANIFEST.MF';
const read = async (bytes: Uint8Array) => (await readZipEntry(source(bytes), manifest))?.toString();

test('reads an entry, deflated or stored, also before a comment', async () => {
  const entries = { 'a.class': 'a', [manifest]: 'Main: x' };
  expect(await read(zip(entries))).toBe('Main: x');
  expect(
    Buffer.from((await readZipEntry(source(zip(entries, { store: true })), manifest)) ?? []).toString(),
  ).toBe('Main: x');
  expect(await read(zip(entries, { comment: 'hello' }))).toBe('Main: x');
  expect(await read(zip({ 'a.class': 'a' }))).toBeUndefined();
});

test.each([
  ['an empty file', Buffer.alloc(0), 'truncated'],
  ['text', Buffer.from('no archive at all, but long enough to be one'), 'truncated'],
  ['an archive without its beginning', zip({ [manifest]: 'x' }).subarray(20), 'corrupt'],
  [
    'content that is no deflate stream',
    Buffer.from(zip({ [manifest]: 'xxxxxxxxxxxxxxxx' })).fill(0xff, 50, 55),
    'corrupt',
  ],
  ['content that grows beyond its bound', zip({ [manifest]: 'x'.repeat(2_000_000) }), 'corrupt'],
])('%s is refused', async (_, bytes, code) => {
  const error = await readZipEntry(source(bytes), manifest).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(MalformedFile);
  expect(error).toMatchObject({ code });
});

test('whatever the bytes, it ends with content or a MalformedFile', async () => {
  const whole = zip({ a: 'b', [manifest]: 'Main: x' });
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, value) => {
      const bytes = Buffer.from(whole);
      bytes[at] = value;
      const outcome = await readZipEntry(source(bytes), manifest).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(MalformedFile);
    }),
  );
});

test('joins folded lines of a class path and leaves out addresses', () => {
  expect(parseClassPath('A: b\r\nClass-Path: lib/a.jar li\r\n b/c.jar http://x/y.jar\r\nZ: z')).toEqual([
    'lib/a.jar',
    'lib/c.jar',
  ]);
  expect(parseClassPath('')).toEqual([]);
});

test('an archive is a package and needs what its class path names', async () => {
  const jar = '/app/server-1.2.3.jar' as ImagePath;
  const files = {
    [jar]: zip({ [manifest]: 'Class-Path: lib/a.jar lib/gone.jar' }),
    '/app/lib/a.jar': zip({}),
  };
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  };
  const analysis = createAnalysis(memoryTree(files), config);
  expect(
    (await analysis.packages()).packages.map(({ name, version, files: owned }) => [name, version, owned]),
  ).toEqual([
    ['a', '', ['/app/lib/a.jar']],
    ['server', '1.2.3', [jar]],
  ]);
  expect((await analysis.factsOf([jar])).get(jar)).toEqual([
    {
      kind: 'needs',
      from: jar,
      to: '/app/lib/a.jar',
      reason: { kind: 'import', of: jar, name: 'lib/a.jar' },
    },
  ]);
});
