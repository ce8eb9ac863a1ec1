import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../formats/digest.ts';
import type { FileTree } from '../model/file-tree.ts';
import { type HostPath, hostPath } from '../model/path.ts';
import { at, imageOf, layerOf } from '../testing/memory-layer.ts';
import { buildFileTree } from '../tree/build-file-tree.ts';
import { layerFromTree } from './layer-from-tree.ts';
import { makeImage } from './make-image.ts';

let directory = '';
let tree: FileTree;
const capability = new Map([['security.capability', Buffer.from([1, 0, 0, 2])]]);
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-layer-from-tree-'));
  const base = await layerOf({
    '/d': { kind: 'directory', mode: 0o1770, uid: 3, gid: 4 },
    '/d/z': {
      kind: 'file',
      content: 'shared',
      mode: 0o4755,
      uid: 5,
      xattrs: capability,
      mtime: { seconds: -3, nanoseconds: 5 },
    },
    '/d/a': { kind: 'hardlink', target: '/d/z' },
    '/d/b': { kind: 'hardlink', target: '/d/z' },
    '/l': { kind: 'symlink', target: 'd/a', mode: 0o777 },
    '/p': { kind: 'fifo' },
    '/n': { kind: 'char-device', major: 5, minor: 1 },
    '/big': { kind: 'file', content: 'x'.repeat(3_000_000) },
  });
  tree = await buildFileTree(imageOf(base, await layerOf({ '/e/new': { kind: 'file', content: 'new' } })));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const target = (name: string): HostPath => hostPath(join(directory, name));
const write = (paths: readonly string[], name: string) => layerFromTree(tree, paths.map(at), target(name));

describe('layerFromTree', () => {
  it('writes paths sorted, with the directories on the way, whatever the order they are given in', async () => {
    const layer = await write(['/l', '/e/new', '/d/a'], 'sorted.tar');
    const entries = (await layer.readIndex?.())?.entries();
    expect(entries?.map(({ kind, path }) => [kind, path])).toEqual([
      ['directory', '/d'],
      ['file', '/d/a'],
      ['directory', '/e'],
      ['file', '/e/new'],
      ['symlink', '/l'],
    ]);
    expect(entries?.[0]).toMatchObject({ mode: 0o1770, uid: 3, gid: 4 });
  });

  it('keeps names of one inode linked, and repeats the attributes on each', async () => {
    const layer = await write(['/d/z', '/d/b', '/d/a'], 'links.tar');
    const [, first, second, third] = (await layer.readIndex?.())?.entries() ?? [];
    expect(first).toMatchObject({
      kind: 'file',
      path: '/d/a',
      mode: 0o4755,
      uid: 5,
      mtime: { seconds: -3, nanoseconds: 5 },
    });
    expect(second).toMatchObject({
      kind: 'hardlink',
      path: '/d/b',
      target: '/d/a',
      mode: 0o4755,
      uid: 5,
      xattrs: capability,
    });
    expect(third).toMatchObject({ kind: 'hardlink', path: '/d/z', target: '/d/a', xattrs: capability });
  });

  it('gives the tree back that it was made of', async () => {
    const all = [...tree.entries()].map(({ path }) => path);
    const layer = await write(all, 'all.tar');
    const again = await buildFileTree(imageOf(layer));
    const bare = (from: FileTree) =>
      [...from.entries()].map(({ layer: _layer, ...entry }) => ({ ...entry, content: undefined }));
    expect(bare(again)).toEqual(bare(tree));
    const big = again.get(at('/big'));
    expect(big?.kind === 'file' && (await again.read(big)).length).toBe(3_000_000);
  });

  it('gives equal bytes for equal paths, and says their digest and length', async () => {
    const one = await write(['/d/a', '/big', '/p', '/n'], 'one.tar');
    const two = await write(['/n', '/p', '/big', '/d', '/d/a'], 'two.tar');
    const bytes = readFileSync(target('one.tar'));
    expect(bytes.equals(readFileSync(target('two.tar')))).toBe(true);
    expect([one.diffId, one.sizeBytes, await one.tarBytes?.()]).toEqual([
      digestOf(bytes),
      bytes.length,
      bytes.length,
    ]);
    expect(two.diffId).toBe(one.diffId);
  });

  it('writes an empty layer for no paths', async () => {
    expect((await write([], 'empty.tar')).sizeBytes).toBe(1024);
  });

  it('leaves nothing behind when a path is not in the tree, or it is aborted', async () => {
    const before = readdirSync(directory);
    await expect(write(['/no'], 'missing.tar')).rejects.toMatchObject({ code: 'not-found' });
    const aborted = layerFromTree(
      tree,
      [at('/big')],
      target('aborted.tar'),
      AbortSignal.abort(new Error('enough')),
    );
    await expect(aborted).rejects.toThrow('enough');
    expect(readdirSync(directory)).toEqual(before);
  });

  it('does not write over a file, and leaves it as it was', async () => {
    await expect(write(['/p'], 'one.tar')).rejects.toMatchObject({ code: 'EEXIST' });
    expect(existsSync(target('one.tar'))).toBe(true);
  });
});

describe('makeImage', () => {
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['a'], User: 'u' },
    history: [],
    rootfs: { type: 'layers', diff_ids: [] },
  } as const;

  it('gives equal digests for equal configs whose members stand in another order', async () => {
    const layers = [await layerOf({})];
    const one = makeImage({ reference: 'a', config, layers });
    const two = makeImage({
      reference: 'b',
      config: { ...config, os: 'linux', config: { User: 'u', Cmd: ['a'] } },
      layers,
    });
    expect(one.configDigest).toBe(two.configDigest);
    expect(one.config.rootfs.diff_ids).toEqual([layers[0]?.diffId]);
    expect(digestOf(one.rawConfig)).toBe(one.configDigest);
  });
});
