import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, type Layer, makeImage, writeDockerArchive, writeTar } from '@pare/oci';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadImages } from './local-images.ts';

let scratch = '';
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'pare-local-images-'));
  vi.stubEnv('XDG_DATA_HOME', join(scratch, 'data'));
  vi.stubEnv('XDG_CACHE_HOME', join(scratch, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(scratch, { recursive: true });
});

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

async function* chunksOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** An archive of one image with one directory, and the diffID of its layer. */
async function writeArchive(path: string) {
  const metadata = { mode: 0o755, uid: 0, gid: 0, mtime: { seconds: 1, nanoseconds: 0 }, xattrs: new Map() };
  const tar = await bytesOf(writeTar([{ entry: { kind: 'directory', path: '/opt', ...metadata } as never }]));
  const layer: Layer = {
    diffId: digestOf(tar),
    async *entries() {},
    open: () => chunksOf(Buffer.alloc(0)),
    tar: () => chunksOf(tar),
  };
  const image = makeImage({
    reference: 'test',
    config: {
      architecture: 'amd64',
      os: 'linux',
      config: {},
      history: [],
      rootfs: { type: 'layers', diff_ids: [] },
    },
    layers: [layer],
  });
  await writeFile(path, await bytesOf(writeDockerArchive(image, ['my/app:1'])));
  return layer.diffId;
}

const context = {
  signal: new AbortController().signal,
  progress: {
    stage: () => ({ update: () => undefined, done: () => undefined, failed: () => undefined }),
    note: () => undefined,
    warn: () => undefined,
    close: () => undefined,
  },
};

describe('loading an archive', () => {
  it.each([false, true])(
    'unpacks its layers where it is told to (%s), and holds nothing then',
    async (unpack) => {
      const path = join(scratch, 'app.tar');
      const diffId = await writeArchive(path);
      const loaded = await loadImages({ from: { kind: 'file', path }, unpack }, context);
      expect(loaded).toMatchObject([{ tags: ['my/app:1'] }]);
      const store = join(scratch, 'data/pare/store');
      const kinds = await readdir(join(store, 'layers'));
      const directories = kinds.map((kind) => join(store, 'layers', kind, diffId.slice(7), 'files/opt'));
      expect(directories.some((directory) => existsSync(directory))).toBe(unpack);
      expect(await readdir(join(store, 'leases'))).toEqual([]);
    },
  );
});
