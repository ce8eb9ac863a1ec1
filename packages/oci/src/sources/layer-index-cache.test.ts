import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeLayerIndex } from '../formats/layer-index.ts';
import type { Layer } from '../model/image.ts';
import { layerIndex } from '../model/layer-index.ts';
import { type HostPath, hostPath } from '../model/path.ts';
import { layerOf } from '../testing/memory-layer.ts';
import { cachedLayer, openLayerIndexCache } from './layer-index-cache.ts';

let directory: HostPath;
beforeEach(async () => {
  directory = hostPath(join(await mkdtemp(join(tmpdir(), 'pare-index-')), 'indexes'));
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

/** A layer that counts how often it is read. */
async function countingLayer(content: string) {
  const layer = await layerOf({ '/a': { kind: 'file', content }, '/.wh.b': { kind: 'file' } });
  let reads = 0;
  const counting: Layer = {
    ...layer,
    entries(signal) {
      reads += 1;
      return layer.entries(signal);
    },
  };
  return { layer: counting, reads: () => reads };
}

const nothing = layerIndex([]);

const pathsOf = async (layer: Layer) => {
  const paths: string[] = [];
  for await (const { kind, path } of layer.entries()) paths.push(`${kind} ${path}`);
  return paths;
};

describe('a cached layer', () => {
  it('is read once, whoever asks and in whatever run', async () => {
    const { layer, reads } = await countingLayer('one');
    const first = cachedLayer(layer, 'tar', openLayerIndexCache(directory));
    expect(await pathsOf(first)).toEqual(['file /a', 'whiteout /b']);
    expect((await first.readIndex?.())?.entries()).toHaveLength(2);
    const later = cachedLayer(layer, 'tar', openLayerIndexCache(directory));
    expect(await pathsOf(later)).toEqual(['file /a', 'whiteout /b']);
    expect(reads()).toBe(1);
  });

  it('is known by what it holds and how it is read', async () => {
    const cache = openLayerIndexCache(directory);
    const layers = [(await countingLayer('one')).layer, (await countingLayer('two')).layer];
    const names = layers.flatMap((layer) =>
      (['tar', 'tar-split'] as const).map((reading) => cachedLayer(layer, reading, cache).indexName),
    );
    expect(new Set(names).size).toBe(4);
    const [one] = layers;
    expect(one === undefined ? '' : cachedLayer(one, 'tar', cache).indexName).toBe(names[0]);
  });

  it('is read again where it is read in another way', async () => {
    const { layer, reads } = await countingLayer('one');
    const cache = openLayerIndexCache(directory);
    await pathsOf(cachedLayer(layer, 'tar', cache));
    await pathsOf(cachedLayer(layer, 'tar-split', cache));
    expect(reads()).toBe(2);
  });

  it('is read again when what was kept is not whole', async () => {
    const { layer, reads } = await countingLayer('one');
    const cache = openLayerIndexCache(directory);
    await pathsOf(cachedLayer(layer, 'tar', cache));
    const [name = ''] = await readdir(directory);
    await writeFile(join(directory, name), 'pare.layer-index/1 0\n[]');
    expect(await pathsOf(cachedLayer(layer, 'tar', cache))).toHaveLength(2);
    expect(reads()).toBe(2);
  });

  it('is read although the cache cannot be written', async () => {
    await writeFile(directory, 'a file where the directory should be');
    const { layer } = await countingLayer('one');
    expect(await pathsOf(cachedLayer(layer, 'tar', openLayerIndexCache(directory)))).toHaveLength(2);
  });
});

describe('the cache of layer indexes', () => {
  it('forgets what was not used for longest', async () => {
    const [old, used, fresh] = await Promise.all(['old', 'used', 'fresh'].map((text) => countingLayer(text)));
    if (old === undefined || used === undefined || fresh === undefined) throw new Error('no layers');
    const cache = openLayerIndexCache(directory, 2 * encodeLayerIndex(nothing).length);
    await cache.write(old.layer.diffId, 'tar', nothing);
    await cache.write(used.layer.diffId, 'tar', nothing);
    for (const name of await readdir(directory)) await utimes(join(directory, name), 1000, 1000);
    expect((await cache.read(used.layer.diffId, 'tar'))?.entries()).toEqual([]);
    await cache.write(fresh.layer.diffId, 'tar', nothing);
    expect(await cache.read(old.layer.diffId, 'tar')).toBeUndefined();
    expect((await cache.read(used.layer.diffId, 'tar'))?.entries()).toEqual([]);
    expect((await cache.read(fresh.layer.diffId, 'tar'))?.entries()).toEqual([]);
  });

  it('removes drafts that a killed process left, and no others', async () => {
    const { layer } = await countingLayer('one');
    const cache = openLayerIndexCache(directory);
    await cache.write(layer.diffId, 'tar', nothing);
    const drafts = ['x.tar.0123456789ab.partial', 'y.tar.0123456789ab.partial'];
    for (const draft of drafts) await writeFile(join(directory, draft), '');
    await utimes(join(directory, 'x.tar.0123456789ab.partial'), 1000, 1000);
    await cache.write(layer.diffId, 'tar-split', nothing);
    expect((await readdir(directory)).filter((name) => name.endsWith('.partial'))).toEqual(drafts.slice(1));
  });
});
