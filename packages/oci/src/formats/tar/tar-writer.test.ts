import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Entry } from '../../model/entry.ts';
import type { ImagePath } from '../../model/path.ts';
import { at } from '../../testing/memory-layer.ts';
import { openTarBlocks } from './tar-blocks.ts';
import { FIELD, headerScratch, parseHeaderBlock } from './tar-header.ts';
import { encodeTarHeader } from './tar-writer.ts';

const plain = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: { seconds: 1_700_000_000, nanoseconds: 0 },
  xattrs: new Map<string, Uint8Array>(),
};
const fileAt = (path: string): Entry => ({ ...plain, kind: 'file', path: at(path), sizeBytes: 7 });
const segment = fc.string({ unit: 'binary', minLength: 1, maxLength: 90 }).map((text) => {
  return text.replaceAll(/[/\0\ud800-\udfff]/g, 'x').replace(/^\.+$/, 'dots');
});
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
const entry = fc.oneof(
  path.map(fileAt),
  path.map((name): Entry => ({ ...plain, kind: 'directory', path: at(name), uid: 3_000_000 })),
  fc.tuple(path, fc.string({ unit: 'binary', maxLength: 120 })).map(
    ([name, target]): Entry => ({
      ...plain,
      kind: 'symlink',
      path: at(name),
      target: target.replaceAll(/[\ud800-\udfff]/g, 'x'),
    }),
  ),
  path.map((name): Entry => ({ ...plain, kind: 'char-device', path: at(name), major: 1, minor: 259 })),
);

it('gives each header a checksum that its reader takes, whatever the names', () => {
  fc.assert(
    fc.property(entry, (one) => {
      const header = Buffer.from(encodeTarHeader(one));
      expect(parseHeaderBlock(header.subarray(-512), headerScratch()).mode).toBe(0o644);
    }),
  );
});

it('puts headers and paddings of entries one after the other, each as it is alone', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 6 }),
      fc.integer({ min: 1, max: 4000 }),
      (entries, roomBytes) => {
        const blocks = openTarBlocks(roomBytes);
        const put = () => {
          for (const one of entries) {
            blocks.putHeader(one);
            blocks.putPadding(7);
          }
          return blocks.take();
        };
        const alone = entries.flatMap((one) => [encodeTarHeader(one), new Uint8Array(505)]);
        expect(Buffer.concat([put()])).toEqual(Buffer.concat(alone));
        // What was taken is not written to any more.
        expect(Buffer.concat([put()])).toEqual(Buffer.concat(alone));
      },
    ),
  );
});

it('leaves nothing in a field of a name that did not go there', () => {
  const name = `/${'a'.repeat(60)}é/${'b'.repeat(70)}`;
  const header = Buffer.from(encodeTarHeader(fileAt(name)));
  const text = (start: number, length: number) =>
    header.toString('utf8', start, start + length).replace(/\0+$/, '');
  expect(text(...FIELD.name)).toBe('b'.repeat(70));
  expect(text(...FIELD.prefix)).toBe(`${'a'.repeat(60)}é`);
});

it('counts all bytes of a target that has a NUL', () => {
  const link: Entry = { ...plain, kind: 'symlink', path: '/l' as ImagePath, target: 'a\0b' };
  expect(parseHeaderBlock(Buffer.from(encodeTarHeader(link)), headerScratch()).linkName).toBe('a');
});
