import { mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson, type Digest, digestOf, hostPath, makeImage, writeTar } from '@pare/oci';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ImageStore, StoredImage } from '../ports/image-store.ts';
import { findImage } from './image-names.ts';
import { openImageStore } from './image-store.ts';
import { blobFile, layoutOf, readBlobDocument, type StoreLayout } from './store-layout.ts';
import { readManifest } from './stored-images.ts';

let base: string;
let layout: StoreLayout;
let store: ImageStore;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'pare-damaged-'));
  layout = layoutOf(hostPath(join(base, 'store')));
  store = await open(layout.root);
});
afterEach(() => rm(base, { recursive: true }));

const open = (root: string) =>
  openImageStore({ root: hostPath(root), cacheDirectory: hostPath(join(base, 'cache')) });

const config = { architecture: 'amd64', os: 'linux', config: {}, history: [] } as const;

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A docker archive of members as they are. */
function archiveOf(members: Readonly<Record<string, unknown>>): AsyncIterable<Uint8Array> {
  const metadata = { mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 1, nanoseconds: 0 }, xattrs: new Map() };
  return writeTar(
    Object.entries(members).map(([name, value]) => {
      const bytes = value instanceof Uint8Array ? value : canonicalJson(value);
      const entry = { kind: 'file', path: `/${name}`, sizeBytes: bytes.length, ...metadata } as never;
      return { entry, content: once(bytes) };
    }),
  );
}

const configOf = (...diffIds: readonly Digest[]) => ({
  ...config,
  rootfs: { type: 'layers', diff_ids: diffIds },
});
const manifestOf = (...layers: readonly string[]) => [{ Config: 'config.json', Layers: layers }];

describe('an archive that is received', () => {
  it.each([
    ['without a manifest', { 'config.json': configOf() }, 'manifest.json'],
    ['with a manifest of two images', { 'manifest.json': [...manifestOf(), ...manifestOf()] }, 'one image'],
    ['without its config', { 'manifest.json': manifestOf() }, 'lacks config.json'],
    [
      'without a layer that it names',
      { 'manifest.json': manifestOf('a.tar'), 'config.json': configOf(digestOf(Buffer.from(''))) },
      'lacks a.tar',
    ],
    [
      'with more layers than its config names',
      { 'manifest.json': manifestOf('a.tar'), 'config.json': configOf() },
      'has 1 layers where its config names 0',
    ],
    ['with a document that has no end', { 'x.json': Buffer.alloc(17 * 1024 * 1024) }, 'too large'],
  ] as const)('is refused %s, and nothing of it stays', async (_, members, words) => {
    await expect(store.receive(archiveOf(members))).rejects.toMatchObject({
      code: 'image-invalid',
      message: expect.stringContaining(words),
    });
    expect(await store.list()).toEqual([]);
    expect(await store.collectGarbage({ dryRun: true })).toMatchObject({ blobs: [] });
  });
});

describe('a document of the store', () => {
  /** Puts bytes where the blob of a digest is. */
  const write = async (bytes: Uint8Array) => {
    await writeFile(blobFile(layout, digestOf(bytes)), bytes);
    return digestOf(bytes);
  };

  it('is refused where it is gone, damaged, or too large', async () => {
    const digest = await write(Buffer.from('{}'));
    expect(String(await readBlobDocument(layout, digest))).toBe('{}');
    const refused = (words: string) =>
      expect(readBlobDocument(layout, digest)).rejects.toMatchObject({
        code: 'image-invalid',
        message: expect.stringContaining(words),
      });
    await writeFile(blobFile(layout, digest), '{ }');
    await refused('is damaged');
    await truncate(blobFile(layout, digest), 17 * 1024 * 1024);
    await refused('too large');
    await rm(blobFile(layout, digest));
    await refused('lacks');
  });

  it('is no manifest where it is not one, or names other layers than its config', async () => {
    const none = await write(Buffer.from('[]'));
    await expect(readManifest(layout, none)).rejects.toMatchObject({ code: 'image-invalid' });
    const rawConfig = canonicalJson(configOf());
    const descriptor = { mediaType: 'x/y', digest: await write(rawConfig), size: rawConfig.length };
    const more = await write(canonicalJson({ schemaVersion: 2, config: descriptor, layers: [descriptor] }));
    await expect(readManifest(layout, more)).rejects.toMatchObject({
      code: 'image-invalid',
      message: expect.stringContaining('has 1 layers where its config names 0'),
    });
  });
});

describe('a store', () => {
  it('is refused where it cannot be', async () => {
    await writeFile(join(base, 'file'), '');
    await symlink('loop', join(base, 'loop'));
    for (const [place, code] of [
      ['file/store', 'ENOTDIR'],
      ['file', 'EEXIST'],
      ['loop', 'ELOOP'],
    ] as const) {
      await expect(open(join(base, place))).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(`cannot be written: ${code}`),
        hint: expect.stringContaining('XDG_DATA_HOME'),
      });
    }
  });

  it('has no images where its index is a directory, says what to do, and leaves it', async () => {
    await mkdir(join(layout.index, 'mine'), { recursive: true });
    for (const work of [() => store.list(), () => store.collectGarbage({ dryRun: false })])
      await expect(work()).rejects.toMatchObject({
        code: 'image-invalid',
        hint: expect.stringContaining('away to begin anew'),
      });
    expect(await readdir(layout.index)).toEqual(['mine']);
  });

  it.each(['layers', 'leases', 'temporary'] as const)(
    'removes nothing where it cannot tell what is in use: %s',
    async (part) => {
      const blob = blobFile(layout, digestOf(Buffer.from('left')));
      await writeFile(blob, 'left');
      await rm(layout[part], { recursive: true });
      await symlink(part, layout[part]);
      await symlink(layout[part], join(base, part));
      await expect(store.collectGarbage({ dryRun: false })).rejects.toThrow();
      expect(await readdir(layout.blobs)).toHaveLength(1);
    },
  );

  it('takes no name from what has none, and gives none to what is not there', async () => {
    await expect(store.untag('none')).rejects.toMatchObject({ code: 'image-not-found' });
    await expect(store.tag('none', 'name')).rejects.toMatchObject({ code: 'image-not-found' });
  });

  it('says that the disk is full, and keeps nothing of what it was given', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const layer = {
      diffId: digestOf(Buffer.from('')),
      async *entries() {},
      open: () => once(Buffer.from('')),
      async *tar() {
        yield Buffer.from('begun');
        throw full;
      },
    };
    const rootfs = { type: 'layers', diff_ids: [] } as const;
    const image = makeImage({ reference: 'test', config: { ...config, rootfs }, layers: [layer] });
    await expect(store.put(image)).rejects.toMatchObject({ code: 'disk-full' });
    expect(await store.list()).toEqual([]);
    await mkdir(layout.temporary, { recursive: true });
    expect(await store.collectGarbage({ dryRun: true })).toMatchObject({ blobs: [], directories: [] });
  });

  it('asks for more digits where the beginning of an ID fits several images', () => {
    const image = (id: string) => ({
      id: `sha256:${id}`,
      manifestDigest: `sha256:${'0'.repeat(64)}`,
      tags: [],
    });
    const images = [
      image(`abcd1${'0'.repeat(59)}`),
      image(`abcd2${'0'.repeat(59)}`),
    ] as unknown as readonly StoredImage[];
    expect(findImage(images, 'abcd1')).toBe(images[0]);
    expect(() => findImage(images, 'abcd')).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});
