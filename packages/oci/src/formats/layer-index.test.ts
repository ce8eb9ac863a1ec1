import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerEntry } from '../model/entry.ts';
import { layerIndex, parentPlaces } from '../model/layer-index.ts';
import { decodeName } from '../model/name.ts';
import { parseImagePath } from '../model/path.ts';
import { decodeLayerIndex, encodeLayerIndex } from './layer-index.ts';

const name = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map((bytes) =>
    decodeName(bytes.map((byte) => (byte === 0 || byte === 0x2f || byte === 0x2e ? 0x61 : byte))),
  );
const path = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .map((segments) => parseImagePath(segments.join('/')));
const whole = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const metadata = fc.record({
  path,
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: whole,
  gid: whole,
  mtime: fc.record({
    seconds: fc.maxSafeInteger(),
    nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
  }),
  xattrs: fc
    .array(
      fc.tuple(
        fc.string(),
        fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      ),
      {
        maxLength: 2,
      },
    )
    .map((pairs): ReadonlyMap<string, Uint8Array> => new Map(pairs)),
});
const content = fc.oneof(
  fc.record({ offset: whole }),
  fc.record({
    offset: whole,
    segments: fc.array(fc.record({ start: whole, lengthBytes: whole }), { maxLength: 3 }),
  }),
);
const entry: fc.Arbitrary<LayerEntry> = fc.oneof(
  fc
    .tuple(metadata, whole, fc.option(content, { nil: undefined }))
    .map(([rest, sizeBytes, found]): LayerEntry => {
      const file = { kind: 'file', ...rest, sizeBytes } as const;
      return found === undefined ? file : { ...file, content: found };
    }),
  fc
    .tuple(metadata, fc.constantFrom('directory', 'fifo'))
    .map(([rest, kind]): LayerEntry => ({ kind, ...rest })),
  fc.tuple(metadata, name).map(([rest, target]): LayerEntry => ({ kind: 'symlink', ...rest, target })),
  fc.tuple(metadata, path).map(([rest, target]): LayerEntry => ({ kind: 'hardlink', ...rest, target })),
  fc
    .tuple(metadata, fc.constantFrom('char-device', 'block-device'), whole, whole)
    .map(([rest, kind, major, minor]): LayerEntry => ({ kind, ...rest, major, minor })),
  fc.tuple(path, fc.constantFrom('whiteout', 'opaque')).map(([at, kind]): LayerEntry => ({ kind, path: at })),
);

describe('a layer index as bytes', () => {
  it('gives every list of entries back', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        const decoded = decodeLayerIndex(encodeLayerIndex(layerIndex(entries)));
        expect(decoded?.entries()).toEqual(entries);
        expect(decoded?.parents).toEqual(parentPlaces(entries));
      }),
    );
  });

  it('is nothing when it is cut short anywhere, or a byte of it is another', () => {
    const entries = fc.sample(entry, { numRuns: 5, seed: 1 });
    const bytes = Buffer.from(encodeLayerIndex(layerIndex(entries)));
    for (let end = 0; end < bytes.length; end++)
      expect(decodeLayerIndex(bytes.subarray(0, end)), `cut at ${end}`).toBeUndefined();
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(decodeLayerIndex(changed), `changed at ${at}`).toBeUndefined();
    }
  });

  it.each(['', 'pare-layer-index 3\n0 0 0 0 0 2 x\n{}', '\n\n\n', 'pare-layer-index 2\n'])(
    'is nothing for %j',
    (text) => {
      expect(decodeLayerIndex(Buffer.from(text))).toBeUndefined();
    },
  );
});
