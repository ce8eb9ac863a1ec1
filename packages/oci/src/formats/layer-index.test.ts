import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerEntry } from '../model/entry.ts';
import { decodeName } from '../model/name.ts';
import { parseImagePath } from '../model/path.ts';
import { decodeLayerIndex, encodeLayerIndex } from './layer-index.ts';

/** Segments of any bytes but NUL and the slash, also such as are no UTF-8. */
const segment = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map((bytes) =>
    decodeName(bytes.map((byte) => (byte === 0 || byte === 0x2f || byte === 0x2e ? 0x61 : byte))),
  );
const path = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((parts) => parseImagePath(parts.join('/')));
const natural = fc.nat({ max: 2 ** 40 });
const metadata = {
  path,
  mode: fc.nat({ max: 0o7777 }),
  uid: natural,
  gid: natural,
  mtime: fc.record({ seconds: fc.integer(), nanoseconds: fc.nat({ max: 999_999_999 }) }),
  xattrs: fc
    .array(
      fc.tuple(fc.constantFrom('security.capability', 'user.a', 'user.ü'), fc.uint8Array({ maxLength: 8 })),
      {
        maxLength: 2,
      },
    )
    .map((pairs) => new Map(pairs.map(([name, value]) => [name, new Uint8Array(value)]))),
};
const segments = fc.array(fc.record({ start: natural, lengthBytes: natural }), { maxLength: 3 });
const content = fc.oneof(fc.record({ offset: natural }), fc.record({ offset: natural, segments }));
const kind = <const K extends string>(name: K) => fc.constant(name);
const entry: fc.Arbitrary<LayerEntry> = fc.oneof(
  fc.record({ kind: kind('file'), ...metadata, sizeBytes: natural, content }),
  fc.record({ kind: kind('file'), ...metadata, sizeBytes: natural }),
  fc.record({ kind: kind('directory'), ...metadata }),
  fc.record({ kind: kind('fifo'), ...metadata }),
  fc.record({ kind: kind('symlink'), ...metadata, target: fc.string() }),
  fc.record({ kind: kind('hardlink'), ...metadata, target: path }),
  fc.record({ kind: kind('char-device'), ...metadata, major: natural, minor: natural }),
  fc.record({ kind: kind('block-device'), ...metadata, major: natural, minor: natural }),
  fc.record({ kind: kind('whiteout'), path }),
  fc.record({ kind: kind('opaque'), path }),
);

/** Values of attributes as plain bytes: a Buffer is equal to no Uint8Array in a comparison of all members. */
function plain(entries: readonly LayerEntry[] | undefined): unknown {
  return entries?.map((each) =>
    'xattrs' in each
      ? {
          ...each,
          xattrs: [...each.xattrs].map(([name, value]) => [name, Buffer.from(value).toString('hex')]),
        }
      : each,
  );
}

describe('a layer index in a cache', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        expect(plain(decodeLayerIndex(encodeLayerIndex(entries)))).toEqual(plain(entries));
      }),
    );
  });

  it('is none when a byte is missing, changed or too many', () => {
    fc.assert(
      fc.property(
        fc.array(entry, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.nat(),
        (entries, place, flip) => {
          const bytes = encodeLayerIndex(entries);
          expect(decodeLayerIndex(bytes.subarray(0, place % bytes.length))).toBeUndefined();
          expect(decodeLayerIndex(Buffer.concat([bytes, Buffer.from(' ')]))).toBeUndefined();
          const changed = Buffer.from(bytes);
          const at = place % bytes.length;
          changed[at] = (changed[at] ?? 0) ^ (1 << (flip % 8));
          expect(decodeLayerIndex(changed)).toBeUndefined();
        },
      ),
    );
  });

  it('is none for nothing and for another version', () => {
    const text = Buffer.from(encodeLayerIndex([])).toString('latin1');
    expect(decodeLayerIndex(Buffer.from(text, 'latin1'))).toEqual([]);
    expect(decodeLayerIndex(new Uint8Array())).toBeUndefined();
    expect(decodeLayerIndex(Buffer.from(text.replace('index/1', 'index/2'), 'latin1'))).toBeUndefined();
  });
});
