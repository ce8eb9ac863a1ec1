import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Digest, digestOf } from '@pare/oci';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chainIds, locateImage } from './layer-places.ts';

const diffIds = ['1', '2'].map((digit): Digest => `sha256:${digit.repeat(64)}`);
const config = Buffer.from('{"config":true}');
const id = digestOf(config);
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pare-layers-'));
  const content = join(root, 'image/overlay2/imagedb/content/sha256');
  await mkdir(content, { recursive: true });
  await writeFile(join(content, id.slice(7)), config);
  for (const [index, chainId] of chainIds(diffIds).entries()) {
    const entry = layer(chainId);
    await mkdir(entry, { recursive: true });
    await writeFile(join(entry, 'cache-id'), `cache${index}\n`);
    await writeFile(join(entry, 'diff'), diffIds[index] ?? '');
    await writeFile(join(entry, 'tar-split.json.gz'), '');
    await mkdir(join(root, 'overlay2', `cache${index}`, 'diff'), { recursive: true });
  }
});
afterEach(() => rm(root, { recursive: true }));

const layer = (chainId: Digest | undefined) =>
  join(root, 'image/overlay2/layerdb/sha256', chainId?.slice(7) ?? '');
const locate = (store: object = {}) =>
  locateImage({ local: true, driver: 'overlay2', rootDirectory: root, ...store }, id, diffIds);

describe('chainIds', () => {
  it('chains the digests as the image spec says', () => {
    const [first, second] = chainIds(diffIds);
    expect(first).toBe(diffIds[0]);
    expect(second).toBe(digestOf(Buffer.from(`${diffIds[0]} ${diffIds[1]}`)));
  });
});

describe('locateImage', () => {
  it('finds config and layers, lowest first', async () => {
    const entries = chainIds(diffIds).map(layer);
    expect(await locate()).toEqual({
      kind: 'in-place',
      rawConfig: config,
      layers: diffIds.map((diffId, index) => ({
        diffId,
        tarSplit: join(entries[index] ?? '', 'tar-split.json.gz'),
        directory: join(root, `overlay2/cache${index}/diff`),
      })),
    });
  });

  it('streams what is not on this machine or not in overlay2', async () => {
    expect(await locate({ local: false })).toMatchObject({
      kind: 'stream',
      why: expect.stringContaining('machine'),
    });
    expect(await locate({ driver: 'btrfs' })).toMatchObject({
      kind: 'stream',
      why: expect.stringContaining('btrfs'),
    });
    expect(await locate({ rootDirectory: undefined })).toMatchObject({ kind: 'stream' });
  });

  it('streams when a file is missing, and says which', async () => {
    const missing = join(layer(chainIds(diffIds)[1]), 'tar-split.json.gz');
    await rm(missing);
    expect(await locate()).toMatchObject({ kind: 'stream', why: expect.stringContaining(missing) });
  });

  it('streams when a layer is not the one that the image names', async () => {
    await writeFile(join(layer(chainIds(diffIds)[1]), 'diff'), diffIds[0] ?? '');
    expect(await locate()).toMatchObject({ kind: 'stream' });
  });

  it('streams when the config is not what its name says', async () => {
    await writeFile(join(root, 'image/overlay2/imagedb/content/sha256', id.slice(7)), '{}');
    expect(await locate()).toMatchObject({ kind: 'stream', why: expect.stringContaining('digest') });
  });

  it('never follows a cache ID out of the directory of layers', async () => {
    await writeFile(join(layer(chainIds(diffIds)[0]), 'cache-id'), '../../../etc');
    expect(await locate()).toMatchObject({ kind: 'stream', why: expect.stringContaining('cache-id') });
  });
});
