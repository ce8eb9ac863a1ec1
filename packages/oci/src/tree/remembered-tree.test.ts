import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeColumnFile, encodeColumnFile } from '../formats/column-file.ts';
import type { FileTree } from '../model/file-tree.ts';
import type { Layer } from '../model/image.ts';
import { layerIndex } from '../model/layer-index.ts';
import { OciError } from '../model/oci-error.ts';
import { type ImagePath, isBelow, parentOf, parseImagePath } from '../model/path.ts';
import { tidyEntries, wildEntries } from '../testing/any-layer.ts';
import { gather } from '../testing/gather.ts';
import { at, imageOf, layerOf } from '../testing/memory-layer.ts';
import { buildFileTree } from './build-file-tree.ts';
import { decodeFileTree, encodeFileTree } from './remembered-tree.ts';

const kinds = ['file', 'directory', 'symlink', 'char-device', 'block-device', 'fifo'] as const;

/** All that a tree tells of itself, asked in an order of its own; `others` are paths that it may lack. */
function told(tree: FileTree, others: readonly ImagePath[]) {
  const paths = [...others, ...tree.paths.toReversed()];
  return {
    each: paths.map((path) => ({
      path,
      list: tree.list(path),
      below: [...tree.below(path)],
      resolved: tree.resolve(path),
      unfollowed: tree.resolve(path, { nofollow: true }),
      entry: tree.get(path),
      place: tree.placeOf(path),
    })),
    places: [-1, 0.5, ...tree.paths.keys(), tree.size].map((place) => tree.entryAt(place)),
    kinds: kinds.map((kind) => [...tree.ofKind(kind)]),
    entries: [...tree.entries()],
    paths: tree.paths,
    size: tree.size,
    sizeBytes: tree.sizeBytes,
  };
}

const others = ['/none', '/a/none', '/b/none/c', '/a\n', '/\udcfe', '/c/..', '/a/b/../c'].map(
  (path) => path as ImagePath,
);

describe('a remembered tree', () => {
  it('tells the same as the tree that was merged', async () => {
    let links = 0;
    let odd = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(tidyEntries, wildEntries), { maxLength: 3 }), async (entries) => {
        const layer = await layerOf({});
        const layers = entries.map((each): Layer => ({ ...layer, readIndex: async () => layerIndex(each) }));
        const image = { ...imageOf(), layers };
        const merged = await buildFileTree(image).catch((error: unknown) => {
          if (!(error instanceof OciError)) throw error;
        });
        if (merged === undefined) return;
        const remembered = await decodeFileTree(encodeFileTree(merged), layers);
        expect(remembered === undefined ? undefined : told(remembered, others)).toEqual(told(merged, others));
        for (const each of merged.paths) {
          const below = merged.paths.filter((path) => isBelow(path, each));
          expect([...merged.below(each)].map(({ path }) => path)).toEqual(below);
          expect(merged.list(each)).toEqual(below.filter((path) => parentOf(path) === each));
        }
        links += [...merged.ofKind('file')].filter(
          (file) => file.kind === 'file' && file.names.length > 1,
        ).length;
        odd += merged.paths.filter((path) => /[^\0-\x7f]/.test(path)).length;
      }),
      { numRuns: 500 },
    );
    expect([links > 20, odd > 100]).toEqual([true, true]);
  });

  it('gives one object for one path, and one list for the names of one file', async () => {
    const { tree } = await example();
    const file = tree.get(at('/d/one'));
    expect(file).toBe(tree.entryAt(tree.placeOf(at('/d/one')) ?? -1));
    expect([...tree.entries()]).toContain(file);
    expect([...tree.ofKind('file')]).toContain(file);
    const other = tree.get(at('/d/two'));
    expect(file?.kind === 'file' && other?.kind === 'file' && file.names === other.names).toBe(true);
  });

  it('reads contents from the layers that it is given', async () => {
    const { tree } = await example();
    const file = tree.get(at('/d/two'));
    expect(file?.kind === 'file' ? Buffer.from(await tree.read(file)).toString() : file).toBe('content');
    const upper = tree.get(at('/upper'));
    expect(upper?.kind === 'file' ? (await gather(tree.open(upper))).toString() : upper).toBe('upper');
  });

  it('is nothing when it is cut short anywhere, or a byte of it is another', async () => {
    const { bytes, layers } = await example();
    for (let end = 0; end < bytes.length; end++)
      expect(await decodeFileTree(bytes.subarray(0, end), layers), `cut at ${end}`).toBeUndefined();
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(await decodeFileTree(changed, layers), `changed at ${at}`).toBeUndefined();
    }
    expect(await decodeFileTree(Buffer.from(''), layers)).toBeUndefined();
  });
});

/** Two layers: `/`, `/d`, `/d/one`, `/d/two` (a hardlink), `/l` (a symlink), `/upper`, `/é`. */
async function example() {
  const layers = [
    await layerOf({
      '/d/one': { kind: 'file', content: 'content', xattrs: new Map([['user.a', Buffer.from('b')]]) },
      '/d/two': { kind: 'hardlink', target: '/d/one' },
      '/l': { kind: 'symlink', target: 'd' },
      '/é': { kind: 'directory' },
    }),
    await layerOf({ '/upper': { kind: 'file', content: 'upper' } }),
  ];
  const bytes = encodeFileTree(await buildFileTree({ ...imageOf(), layers }));
  const tree = await decodeFileTree(bytes, layers);
  if (tree === undefined) throw new Error('the example cannot be read back');
  return { bytes, layers, tree };
}

const format = 'pare-file-tree 1';
const columnCount = 7;

/** A file whose checksum fits. */
async function forged(columns: Readonly<Record<number, Uint8Array>>) {
  const { bytes, layers } = await example();
  const whole = (decodeColumnFile(format, columnCount, bytes) ?? []).map(
    (column, place): Uint8Array => columns[place] ?? column,
  );
  return { bytes: encodeColumnFile(format, whole), layers };
}

const text = (value: string) => Buffer.from(value, 'latin1');
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const rare = { segments: {}, xattrs: {}, targets: {} };

describe('a file that somebody made to be taken for a tree', () => {
  it('is the tree as long as nothing of it is another', async () => {
    const { bytes, layers } = await forged({});
    expect((await decodeFileTree(bytes, layers))?.size).toBe(7);
  });

  it.each<[string, Readonly<Record<number, Uint8Array>>]>([
    ['no root', { 2: text('/a\0/d\0/d/one\0/d/two\0/l\0/upper\0') }],
    ['a root that is no directory', { 0: Buffer.from([0, 1, 0, 0, 2, 0, 1]) }],
    ['a kind that there is not', { 0: Buffer.from([1, 1, 0, 0, 2, 99, 1]) }],
    ['a hardlink', { 0: Buffer.from([1, 1, 0, 0, 2, 6, 1]) }],
    ['a whiteout', { 0: Buffer.from([1, 1, 0, 0, 2, 7, 1]) }],
    ['fewer kinds', { 0: Buffer.from([1, 1]) }],
    ['nothing in it', { 0: text(''), 1: text(''), 2: text(''), 5: text('') }],
    ['half a number', { 1: Buffer.alloc(7 * 7 * 8 - 4) }],
    ['fewer paths', { 2: text('/\0/d') }],
    ['a path that climbs', { 2: text('/\0/d\0/d/..\0/d/two\0/l\0/upper\0') }],
    ['a path that climbs in its midst', { 2: text('/\0/d\0/../x\0/d/two\0/l\0/upper\0') }],
    ['a path with a dot', { 2: text('/\0/d\0/./x\0/d/two\0/l\0/upper\0') }],
    ['a path with an empty segment', { 2: text('/\0/d\0//x\0/d/two\0/l\0/upper\0') }],
    ['a path that ends with a slash', { 2: text('/\0/d\0/x/\0/d/two\0/l\0/upper\0') }],
    ['a path that is not absolute', { 2: text('/\0/d\0x\0/d/two\0/l\0/upper\0') }],
    ['two roots', { 2: text('/\0/\0/x\0/d/two\0/l\0/upper\0') }],
    ['an odd path that climbs', { 4: json({ ...rare, paths: { 6: '/../é' } }) }],
    ['an odd path that is not absolute', { 4: json({ ...rare, paths: { 6: 'é' } }) }],
    ['an odd path with NUL', { 4: json({ ...rare, paths: { 6: '/é\0/x' } }) }],
    ['an odd path that is no text', { 4: json({ ...rare, paths: { 6: {} } }) }],
    ['no rare parts', { 4: json(null) }],
    ['rare parts that are no JSON', { 4: text('{') }],
    ['fewer layers', { 5: Buffer.from(Int32Array.of(0, 0).buffer) }],
    ['half a layer', { 5: Buffer.alloc(7 * 4 - 1) }],
    ['names of no place', { 6: json({ sizeBytes: 1, links: [[2, 99]] }) }],
    ['names of a place below the first', { 6: json({ sizeBytes: 1, links: [[2, -1]] }) }],
    ['names that are no list', { 6: json({ sizeBytes: 1, links: 7 }) }],
    ['a size that is no number', { 6: json({ sizeBytes: '1', links: [] }) }],
    ['no rest', { 6: json(null) }],
  ])('is none with %s', async (_what, columns) => {
    const { bytes, layers } = await forged(columns);
    expect(await decodeFileTree(bytes, layers)).toBeUndefined();
  });

  it('has no layers but those of the image', async () => {
    const { bytes, layers } = await forged({
      5: Buffer.from(Int32Array.of(0, 1, 2, -1, 1, 2 ** 31 - 1, 1).buffer),
    });
    const tree = await decodeFileTree(bytes, layers);
    expect(tree?.paths.map((path) => tree.get(path)?.layer)).toEqual([0, 1, 0, 0, 1, 0, 1]);
  });

  it('is none, or a tree that can be asked anything and stays in the image', async () => {
    let trees = 0;
    const column = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ minLength: 7, maxLength: 7, max: 5 }),
      fc.uint8Array({ minLength: 28, maxLength: 28, max: 1 }),
      fc.uint8Array({ minLength: 392, maxLength: 392 }),
      fc
        .array(fc.constantFrom('/', '/a', '/a/b', '/..', '', '/b', '/a/../c', '/a\n'), {
          minLength: 7,
          maxLength: 7,
        })
        .map((paths) => text(['/', ...paths.slice(1)].join('\0'))),
      fc.json().map(text),
      fc
        .record({ sizeBytes: fc.nat(), links: fc.array(fc.array(fc.integer({ min: -1, max: 8 }))) })
        .map((rest) => json(rest)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.constantFrom('0', '1', '2', '4', '5', '6'), column),
        async (columns) => {
          const plain = columns[2] === undefined ? columns : { 4: json({ ...rare, paths: {} }), ...columns };
          const { bytes, layers } = await forged(plain);
          const tree = await decodeFileTree(bytes, layers);
          if (tree === undefined) return;
          trees += 1;
          told(tree, others);
          for (const path of tree.paths) expect(parseImagePath(path)).toBe(path);
          for (const { layer } of tree.entries()) expect(layers[layer]).toBeDefined();
        },
      ),
      { numRuns: 1000 },
    );
    expect(trees).toBeGreaterThan(50);
  });
});
