import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerEntry } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { layerIndex, parentPlaces } from '../model/layer-index.ts';
import { decodeName } from '../model/name.ts';
import { OciError } from '../model/oci-error.ts';
import { parseImagePath } from '../model/path.ts';
import { imageOf, layerOf } from '../testing/memory-layer.ts';
import { buildFileTree } from '../tree/build-file-tree.ts';
import { decodeColumnFile, encodeColumnFile } from './column-file.ts';
import { decodeLayerIndex, encodeLayerIndex } from './layer-index.ts';

const format = 'pare-layer-index 3';
const rareParts = (parts: object) =>
  Buffer.from(JSON.stringify({ segments: {}, xattrs: {}, paths: {}, targets: {}, ...parts }));

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

  it.each(['', `${format}\n0 0 0 0 2 0 x\n{}`, '\n\n\n', `${format}\n`])('is nothing for %j', (text) => {
    expect(decodeLayerIndex(Buffer.from(text))).toBeUndefined();
  });

  /** With a checksum that fits: the columns are kinds, numbers, paths, targets, rare parts, places of directories. */
  const forged = (column: number, bytes: Uint8Array) => {
    const whole = encodeLayerIndex(layerIndex(fc.sample(entry, { numRuns: 5, seed: 1 })));
    const columns = decodeColumnFile(format, 6, whole) ?? [];
    return encodeColumnFile(format, (columns as readonly Uint8Array[]).with(column, bytes));
  };

  it.each([
    ['a kind that there is not', 0, Buffer.from([0, 1, 2, 99, 1])],
    ['fewer kinds', 0, Buffer.from([0, 1])],
    ['no numbers', 1, Buffer.from([])],
    ['half a number', 1, Buffer.alloc(5 * 7 * 8 - 4)],
    ['fewer paths', 2, Buffer.from('/a\0/b')],
    ['half a place', 5, Buffer.alloc(5)],
    ['no rare parts', 4, Buffer.from('null')],
    ['rare parts of another shape', 4, Buffer.from('{"segments":{}}')],
    ['rare parts that are no JSON', 4, Buffer.from('{')],
    ['a name that is no text', 4, rareParts({ paths: { 0: 7 } })],
    ['names where there are others already', 2, Buffer.from('/a\0/b\0/c\0/d\0/e')],
    ['a name of no place', 4, rareParts({ paths: { 9: '/b' } })],
    ['an attribute of an endless value', 4, rareParts({ xattrs: { 0: ['a', { length: 1e12 }] } })],
  ])('is nothing with %s, whoever made the checksum', (_what, column, bytes) => {
    expect(decodeLayerIndex(forged(column, bytes))).toBeUndefined();
  });

  it('is an index with places of directories that lead nowhere, of which a tree can be made', async () => {
    const places = Buffer.from(Int32Array.of(4, -7, 1000, 3, 0).buffer);
    const index = decodeLayerIndex(forged(5, places));
    expect(index?.parents).toHaveLength(5);
    const layer: Layer = { ...(await layerOf({})), readIndex: async () => index ?? layerIndex([]) };
    await buildFileTree({ ...imageOf(), layers: [layer] }).catch((error: unknown) => {
      expect(error).toBeInstanceOf(OciError);
    });
  });
});
