import type { ImageConfig } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { archivedLocales } from './archived-locales.ts';

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};

/** An archive as localedef writes it, with nothing but its head and the names. */
function archive(names: readonly string[], isLittle = true): Buffer {
  const strings = Buffer.from(names.map((name) => `${name}\0`).join(''));
  const words = [0xde020109, 0, 56, names.length, 907, 64, strings.length, strings.length];
  const head = Buffer.alloc(64);
  words.forEach((word, at) => {
    if (isLittle) head.writeUInt32LE(word, at * 4);
    else head.writeUInt32BE(word, at * 4);
  });
  return Buffer.concat([head, strings]);
}

const of = (content: Uint8Array | string) =>
  archivedLocales(memoryTree({ '/usr/lib/locale/locale-archive': content }), config);

test.each([true, false])('reads the names in a locale archive (little endian: %s)', async (isLittle) => {
  expect(await of(archive(['en_US.utf8', 'de_DE.utf8', 'deutsch'], isLittle))).toEqual([
    'de_DE.utf8',
    'deutsch',
    'en_US.utf8',
  ]);
});

test('knows nothing without an archive, and of one that is empty, cut off or of another kind', async () => {
  expect(await archivedLocales(memoryTree({}), config)).toBeUndefined();
  expect(await of('')).toBeUndefined();
  expect(await of(archive(['de_DE.utf8']).subarray(0, 66))).toBeUndefined();
  expect(await of('x'.repeat(100))).toBeUndefined();
});

test('an archive without locales names none', async () => {
  expect(await of(archive([]))).toEqual([]);
});

test('any bytes after the magic give names or nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const found = await of(Buffer.concat([archive([]).subarray(0, 4), bytes]));
      for (const name of found ?? []) expect(name).toMatch(/^[\w.@-]+$/);
    }),
  );
});
