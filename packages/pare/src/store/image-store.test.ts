import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  canonicalJson,
  type Digest,
  digestOf,
  type HostPath,
  hostPath,
  type Image,
  type Layer,
  makeImage,
  openOciLayout,
  validateImage,
  writeDockerArchive,
  writeTar,
} from '@pare/oci';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageStore } from '../ports/image-store.ts';
import { openImageStore } from './image-store.ts';

let base: string;
let root: HostPath;
let store: ImageStore;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'pare-store-'));
  root = hostPath(join(base, 'store'));
  store = await reopened();
});
afterEach(() => rm(base, { recursive: true }));

function reopened(): Promise<ImageStore> {
  return openImageStore({ root, cacheDirectory: hostPath(join(base, 'cache')) });
}

const config = {
  architecture: 'amd64',
  os: 'linux',
  created: '2026-01-02T03:04:05Z',
  config: { Cmd: ['/a'] },
  history: [],
} as const;

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function tarOf(content: string): Promise<Buffer> {
  const bytes = Buffer.from(content);
  const metadata = { mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 1, nanoseconds: 0 }, xattrs: new Map() };
  const entry = { kind: 'file', path: '/a', sizeBytes: bytes.length, ...metadata } as never;
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar([{ entry, content: chunksOf(bytes) }])) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A layer of one file; packed with gzip where it is told so. `lie`: what its blob holds instead. */
async function layerOf(content: string, options: { gzip?: boolean; lie?: Buffer } = {}): Promise<Layer> {
  const tar = await tarOf(content);
  const packed = options.gzip ? gzipSync(tar) : tar;
  const bytes = options.lie ?? packed;
  const layer: Layer = {
    diffId: digestOf(tar),
    async *entries() {},
    open: () => chunksOf(Buffer.from(content)),
    tar: () => chunksOf(options.lie ?? tar),
  };
  if (!options.gzip) return layer;
  const blob = {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOf(packed),
    sizeBytes: packed.length,
    read: () => chunksOf(bytes),
  };
  return { ...layer, blob: () => Promise.resolve(blob) };
}

function imageOf(layers: readonly Layer[], author = 'a'): Image {
  const diffIds: Digest[] = [];
  return makeImage({
    reference: 'test',
    config: { ...config, author, rootfs: { type: 'layers', diff_ids: diffIds } },
    layers,
  });
}

async function filesBelow(): Promise<readonly string[]> {
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('lock'))
    .map(({ name }) => name);
}

describe('the image store', () => {
  it('gives an image back as it was put, also in another process', async () => {
    const image = imageOf([await layerOf('one'), await layerOf('two', { gzip: true })]);
    const { id } = await store.put(image, { tags: ['my/app:1.2'] });
    expect(id).toBe(image.configDigest);
    await using opened = await (await reopened()).open('my/app:1.2');
    expect(Buffer.from(opened.rawConfig)).toEqual(Buffer.from(image.rawConfig));
    expect(await validateImage(opened)).toEqual([]);
  });

  it('is an OCI layout that other readers open by the tag', async () => {
    await store.put(imageOf([await layerOf('one', { gzip: true })]), { tags: ['my/app'] });
    await using opened = await openOciLayout(root, 'my/app:latest');
    expect(await validateImage(opened)).toEqual([]);
  });

  it('keeps a layer as it came and writes it once', async () => {
    const packed = await layerOf('shared', { gzip: true });
    const first = await store.put(imageOf([packed, await layerOf('own')], 'x'));
    const second = await store.put(imageOf([await layerOf('shared')], 'y'));
    expect(first.layers[0]?.blob).toBe((await packed.blob?.())?.digest);
    expect(second.layers[0]?.blob).toBe(first.layers[0]?.blob);
    expect(await readdir(join(root, 'blobs/sha256'))).toHaveLength(2 + 2 + 2);
  });

  it('writes over what lies where a blob goes and was not hashed', async () => {
    const layer = await layerOf('one');
    const tar = await tarOf('one');
    const place = join(root, 'blobs/sha256', layer.diffId.slice('sha256:'.length));
    await writeFile(place, Buffer.alloc(tar.length, 1));
    const { id } = await store.put(imageOf([layer]));
    expect(await readFile(place)).toEqual(tar);
    await using opened = await store.open(id);
    expect(await validateImage(opened)).toEqual([]);
  });

  it('puts an image that has one layer twice', async () => {
    const layer = await layerOf('twice');
    const { id } = await store.put(imageOf([layer, layer]));
    await using opened = await (await reopened()).open(id);
    expect(await validateImage(opened)).toEqual([]);
  });

  it('receives an untagged image in one pass, and unpacks it without reading it twice', async () => {
    const image = imageOf([await layerOf('received')]);
    const id = await store.receive(writeDockerArchive(image, []));
    expect(id).toBe(image.configDigest);
    expect(await store.list()).toMatchObject([{ id, tags: [] }]);
    await using opened = await (await reopened()).open(id);
    await validateImage(opened);
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  it('receives nothing of an archive that ends early or lies about its layer', async () => {
    const layer = await layerOf('wanted');
    const archive: Uint8Array[] = [];
    for await (const chunk of writeDockerArchive(imageOf([layer]), [])) archive.push(Buffer.from(chunk));
    const bytes = Buffer.concat(archive);
    for (const bad of [bytes.subarray(0, 700), Buffer.alloc(0), Buffer.from('no tar'.repeat(200))])
      await expect(store.receive(chunksOf(bad))).rejects.toMatchObject({ code: 'image-invalid' });
    const lie = bytes.toString('latin1').replace('wanted', 'faked!');
    await expect(store.receive(chunksOf(Buffer.from(lie, 'latin1')))).rejects.toMatchObject({
      code: 'image-invalid',
    });
    expect(await store.list()).toEqual([]);
    expect(await filesBelow()).toEqual(['oci-layout']);
  });

  describe('where another process has stored the same image', () => {
    let image: Image;
    let other: ImageStore;
    beforeEach(async () => {
      image = imageOf([await layerOf('the same')]);
      await store.put(image, { tags: ['first'] });
      other = await reopened();
      await other.receive(writeDockerArchive(image, []));
    });

    it('takes its names away when it is removed, and leaves it to be tagged', async () => {
      expect(await store.remove(image.configDigest)).toBe(false);
      expect(await store.list()).toMatchObject([{ id: image.configDigest, tags: [] }]);
      await other.tag(image.configDigest, 'second');
      await using opened = await other.open('second');
      expect(await validateImage(opened)).toEqual([]);
    });

    it.each<[string, () => Promise<unknown>]>([
      ['tagged it', () => other.tag(image.configDigest, 'second')],
      ['ended without a tag', async () => other[Symbol.asyncDispose]()],
    ])('removes it once that has %s', async (_, end) => {
      await end();
      expect(await store.remove(image.configDigest)).toBe(true);
      expect(await store.list()).toEqual([]);
      expect(await filesBelow()).toEqual(['index.json', 'oci-layout']);
    });

    it('lets that remove its own', async () => {
      expect(await other.remove(image.configDigest)).toBe(true);
      expect(await store.list()).toEqual([]);
    });
  });

  it('writes a blob anew that the machine went down under', async () => {
    const layer = await layerOf('cut short');
    const image = imageOf([layer]);
    await store.receive(writeDockerArchive(image, []));
    await writeFile(join(root, 'blobs/sha256', layer.diffId.slice(7)), '');
    await store.put(image, { tags: ['whole'] });
    await using opened = await (await reopened()).open('whole');
    await validateImage(opened);
  });

  it('tells what an image has alone and what it shares', async () => {
    const shared = await layerOf('shared');
    await store.put(imageOf([shared, await layerOf('own one')], 'x'), { tags: ['one'] });
    await store.put(imageOf([shared], 'y'), { tags: ['two'] });
    const [one, two] = await store.list();
    expect(one?.tags).toEqual(['one:latest']);
    expect(one?.sharedBytes).toBe(one?.layers[0]?.blobBytes);
    expect(two?.sharedBytes).toBe(two?.layers[0]?.blobBytes);
    expect(one?.sizeBytes).toBe((one?.uniqueBytes ?? 0) + (one?.sharedBytes ?? 0));
  });

  it('finds an image by tag, ID, beginning of an ID and manifest digest', async () => {
    const { id, manifestDigest } = await store.put(imageOf([await layerOf('one')]), { tags: ['my/app'] });
    const references = [
      'my/app',
      'my/app:latest',
      id,
      id.slice(7),
      id.slice(7, 19),
      `my/app@${manifestDigest}`,
    ];
    for (const reference of references) expect((await store.resolve(reference)).id).toBe(id);
  });

  it.each(['nothing', 'my/app:2', 'sha256:0000', '../../etc/passwd', ''])(
    'has no image %j',
    async (reference) => {
      await expect(store.resolve(reference)).rejects.toMatchObject({ code: 'image-not-found' });
    },
  );

  it('moves a tag, and keeps the image that lost it', async () => {
    const first = await store.put(imageOf([await layerOf('one')], 'x'), { tags: ['my/app'] });
    const second = await store.put(imageOf([await layerOf('two')], 'y'), { tags: ['my/app'] });
    expect((await store.resolve('my/app')).id).toBe(second.id);
    expect((await store.resolve(first.id)).tags).toEqual([]);
  });

  it('refuses a name that no image can have', async () => {
    const image = imageOf([await layerOf('one')]);
    for (const tag of ['My/App', 'a b', '../x', 'a:b:c', '', 'a@sha256:00']) {
      await expect(store.put(image, { tags: [tag] })).rejects.toMatchObject({ code: 'usage' });
    }
    expect(await store.list()).toEqual([]);
  });

  it('removes with an image what no other has, and nothing else', async () => {
    const shared = await layerOf('shared');
    const one = await store.put(imageOf([shared, await layerOf('own')], 'x'), { tags: ['one', 'uno'] });
    const two = await store.put(imageOf([shared], 'y'), { tags: ['two'] });
    await store.remove(one.id);
    expect((await store.list()).map(({ id }) => id)).toEqual([two.id]);
    await using left = await store.open('two');
    expect(await validateImage(left)).toEqual([]);
    await store.remove(two.id);
    expect((await filesBelow()).toSorted()).toEqual(['index.json', 'oci-layout']);
  });

  it('takes many images in at once, from several openings', async () => {
    const shared = await layerOf('shared', { gzip: true });
    const puts = Array.from({ length: 8 }, async (_, at) => {
      const own = await reopened();
      return own.put(imageOf([shared, await layerOf(`own ${at}`)], `author ${at}`), { tags: [`app:${at}`] });
    });
    await Promise.all(puts);
    expect((await store.list()).flatMap(({ tags }) => tags)).toHaveLength(8);
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  it('keeps a manifest as it came, and refuses one that names other blobs', async () => {
    const layer = await layerOf('one', { gzip: true });
    const image = imageOf([layer]);
    const {
      read: _read,
      sizeBytes: size,
      ...descriptor
    } = (await layer.blob?.()) ?? { read: 0, sizeBytes: 0 };
    const document = (digest: string) =>
      canonicalJson({
        schemaVersion: 2,
        mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
        config: { mediaType: 'x', digest: image.configDigest, size: image.rawConfig.length },
        layers: [{ ...descriptor, digest, size }],
      });
    const good = document((await layer.blob?.())?.digest ?? '');
    const { manifestDigest } = await store.put({ ...image, rawManifest: good });
    expect(manifestDigest).toBe(digestOf(good));
    const bad = document(`sha256:${'0'.repeat(64)}`);
    await expect(store.put({ ...image, rawManifest: bad })).rejects.toMatchObject({ code: 'image-invalid' });
  });
});

describe('an image that is not what it says', () => {
  it.each([
    ['a plain layer with other bytes', { lie: Buffer.from('other') }],
    ['a packed layer with other bytes', { gzip: true, lie: gzipSync('other') }],
    ['a packed layer that is cut short', { gzip: true, lie: Buffer.from([0x1f, 0x8b, 8, 0, 0]) }],
  ])('is refused, and nothing of it stays: %s', async (_title, options) => {
    const before = await filesBelow();
    const image = imageOf([await layerOf('good'), await layerOf('bad', options)]);
    await expect(store.put(image, { tags: ['bad'] })).rejects.toMatchObject({ code: 'image-invalid' });
    expect(await filesBelow()).toEqual(before);
  });

  it('is refused where a blob has its digest and unpacks to another layer', async () => {
    const packed = await layerOf('claimed', { gzip: true });
    const other = gzipSync(await tarOf('really'));
    const blob = {
      mediaType: 'x',
      digest: digestOf(other),
      sizeBytes: other.length,
      read: () => chunksOf(other),
    };
    const image = imageOf([{ ...packed, blob: () => Promise.resolve(blob) }]);
    await expect(store.put(image)).rejects.toMatchObject({ code: 'image-invalid' });
    expect(await store.list()).toEqual([]);
  });
});

describe('a blob of another digest', () => {
  it('is refused although it unpacks to the right layer', async () => {
    const lie = gzipSync(await tarOf('bad'), { level: 0 });
    const image = imageOf([await layerOf('bad', { gzip: true, lie })]);
    await expect(store.put(image)).rejects.toMatchObject({ code: 'image-invalid' });
    expect(await store.list()).toEqual([]);
  });
});

describe('a store that was damaged', () => {
  it.each(['a file', 'the blob'])(
    'gives out no byte of %s that is not what its digest says',
    async (what) => {
      const { layers } = await store.put(imageOf([await layerOf('one')]), { tags: ['one'] });
      const file = join(root, 'blobs/sha256', layers[0]?.blob.slice(7) ?? '');
      const bytes = await readFile(file);
      bytes.write('ONE', bytes.indexOf('one'));
      await writeFile(file, bytes);
      // Who wrote it hashed it just now.
      store = await reopened();
      await using image = await store.open('one');
      const read = async () => {
        const [layer] = image.layers;
        for await (const entry of layer?.entries() ?? [])
          if (what === 'a file' && entry.kind === 'file')
            for await (const chunk of layer?.open(entry) ?? []) expect(chunk).toBe('never given');
        const blob = await layer?.blob?.();
        for await (const _chunk of blob?.read() ?? []);
      };
      await expect(read()).rejects.toMatchObject({ code: 'digest-mismatch' });
    },
  );

  it.each([false, true])('says which layer changed on the disk (gzip: %s)', async (gzip) => {
    const { layers } = await store.put(imageOf([await layerOf('one', { gzip })]), { tags: ['one'] });
    const file = join(root, 'blobs/sha256', layers[0]?.blob.slice(7) ?? '');
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 6) ^ 1, bytes.length - 6);
    await writeFile(file, bytes);
    store = await reopened();
    await expect(store.layerDirectories('one')).rejects.toMatchObject({
      code: 'image-invalid',
      message: expect.stringContaining(layers[0]?.diffId ?? ''),
    });
  });

  it('still lists and removes, and tells of an image whose config is broken', async () => {
    const bad = await store.put(imageOf([await layerOf('one')], 'x'), { tags: ['bad'] });
    const good = await store.put(imageOf([await layerOf('two')], 'y'), { tags: ['good'] });
    await writeFile(join(root, 'blobs/sha256', bad.id.slice(7)), '{}');
    // Who has read a manifest does not read it again.
    store = await reopened();
    expect((await store.list()).map(({ id }) => id)).toEqual([good.id]);
    await expect(store.open('bad')).rejects.toMatchObject({ code: 'image-invalid' });
    await store.remove(bad.manifestDigest);
    await expect(store.open('bad')).rejects.toMatchObject({ code: 'image-not-found' });
    expect((await filesBelow()).length).toBe(5);
  });

  it.each([
    '',
    '{',
    '[]',
    '{"manifests":[{}]}',
    '{"manifests":[{"mediaType":"x","digest":"../x","size":1}]}',
  ])('refuses the index %j', async (index) => {
    await writeFile(join(root, 'index.json'), index);
    await expect(store.list()).rejects.toMatchObject({ code: 'image-invalid' });
  });
});

describe('what a killed process left', () => {
  it('goes when the store is opened, and what a live one is making stays', async () => {
    const mine = `${process.pid}.x.${'0'.repeat(12)}`;
    const started = (await readFile('/proc/self/stat', 'utf8')).split(') ')[1]?.split(' ')[19];
    const live = mine.replace('.x.', `.${started}.`);
    for (const name of ['4194303.1.aaaaaaaaaaaa', mine, live])
      await mkdir(join(root, 'tmp', name), { recursive: true });
    await reopened();
    expect(await readdir(join(root, 'tmp'))).toEqual([live]);
  });

  it('is told by a dry run and removed by the collector', async () => {
    await store.put(imageOf([await layerOf('one')]), { tags: ['one'] });
    const orphan = 'f'.repeat(64);
    await writeFile(join(root, 'blobs/sha256', orphan), 'orphan');
    const place = join(root, 'layers/root', 'e'.repeat(64));
    await mkdir(place, { recursive: true });
    const told = await store.collectGarbage({ dryRun: true });
    expect(told).toEqual({ blobs: [`sha256:${orphan}`], directories: [place], bytes: 6 });
    expect(await store.collectGarbage()).toEqual(told);
    expect(await store.collectGarbage()).toEqual({ blobs: [], directories: [], bytes: 0 });
    expect((await store.resolve('one')).tags).toEqual(['one:latest']);
  });
});
