import type { Image, Layer } from '@pare/oci';
import fc from 'fast-check';
import { type EntryDraft, imageOf, layerOf } from '../../../packages/oci/src/testing/memory-layer.ts';

/** Few names, so that layers meet, replace and remove each other's entries all the time. */
const segment = fc.constantFrom('a', 'b', 'c', 'ö x');
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => `/${segments.join('/')}`);
const metadata = fc.record({
  mode: fc.constantFrom(0o755, 0o644, 0o4755, 0o2711, 0o1777, 0o600),
  uid: fc.constantFrom(0, 7, 1000, 65_000),
  gid: fc.constantFrom(0, 42),
  mtime: fc.record({
    seconds: fc.constantFrom(0, 1_700_000_000, 1, 2_000_000_001),
    nanoseconds: fc.constantFrom(0, 123_456_789),
  }),
});
const capability = new Map([
  ['security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex')],
]);
const target = fc.constantFrom('a', '/a/b', '../b', '/', '../../..', 'c/../a', './nothing', '/c');

const file = fc.tuple(metadata, fc.string({ maxLength: 6 }), fc.constantFrom(undefined, capability)).map(
  ([rest, content, xattrs]): EntryDraft => ({
    kind: 'file',
    content,
    ...rest,
    ...(xattrs === undefined ? {} : { xattrs }),
  }),
);
const draft: fc.Arbitrary<EntryDraft> = fc.oneof(
  { arbitrary: file, weight: 5 },
  {
    arbitrary: metadata.map((rest): EntryDraft => ({ kind: 'directory', ...rest })),
    weight: 4,
  },
  {
    arbitrary: fc
      .tuple(metadata, target)
      .map(([rest, to]): EntryDraft => ({ kind: 'symlink', target: to, ...rest, mode: 0o777 })),
    weight: 2,
  },
  { arbitrary: metadata.map((rest): EntryDraft => ({ kind: 'fifo', ...rest })), weight: 1 },
  {
    arbitrary: metadata.map((rest): EntryDraft => ({ kind: 'char-device', major: 1, minor: 3, ...rest })),
    weight: 1,
  },
);

const entry: fc.Arbitrary<readonly [string, EntryDraft]> = fc.oneof(
  { arbitrary: fc.tuple(path, draft), weight: 12 },
  {
    arbitrary: fc
      .tuple(path, path)
      .map(([at, to]): readonly [string, EntryDraft] => [at, { kind: 'hardlink', target: to }]),
    weight: 3,
  },
  {
    arbitrary: path.map((at): readonly [string, EntryDraft] => [
      at.replace(/\/([^/]+)$/, '/.wh.$1'),
      { kind: 'file' },
    ]),
    weight: 3,
  },
  {
    arbitrary: path.map((at): readonly [string, EntryDraft] => [`${at}/.wh..wh..opq`, { kind: 'file' }]),
    weight: 1,
  },
);

/** The entries of an image's layers, lowest first. */
export type LayerDrafts = readonly (readonly (readonly [string, EntryDraft])[])[];

export const randomLayers: fc.Arbitrary<LayerDrafts> = fc.array(
  fc.array(entry, { minLength: 1, maxLength: 10 }),
  { minLength: 1, maxLength: 4 },
);

/** An image of such layers. */
export async function imageOfDrafts(drafts: LayerDrafts): Promise<Image> {
  const layers: Layer[] = [];
  for (const one of drafts) layers.push(await layerOf(one));
  return imageOf(...layers);
}
