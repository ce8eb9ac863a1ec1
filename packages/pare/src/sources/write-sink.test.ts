import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath, makeImage } from '@pare/oci';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeRootfs } from './write-rootfs.ts';
import { checkPlainSink, draftPlaces } from './write-sink.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-sink-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const at = (name: string) => hostPath(join(directory, name));
const sinkAt = (kind: 'oci' | 'rootfs' | 'oci-archive' | 'docker-archive', name: string) => ({
  kind,
  path: at(name),
  reference: undefined,
});

describe('a place that an image is to be written to', () => {
  it.each([
    ['oci', 'file'],
    ['oci', 'file/a/b'],
    ['rootfs', 'file/a'],
    ['oci-archive', 'directory'],
    ['docker-archive', 'none/a.tar'],
    ['docker-archive', 'file/a.tar'],
  ] as const)('is refused before anything is read, and nothing is made: %s:%s', async (kind, name) => {
    await writeFile(at('file'), '');
    await mkdir(at('directory'));
    await expect(checkPlainSink(sinkAt(kind, name))).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(name),
    });
    expect((await readdir(directory)).toSorted()).toEqual(['directory', 'file']);
  });

  it.each([
    ['oci', 'a/b/c'],
    ['oci', '.'],
    ['rootfs', 'a/b/c'],
    ['oci-archive', 'a.tar'],
  ] as const)('is taken where it can be made, and is not made yet: %s:%s', async (kind, name) => {
    await checkPlainSink(sinkAt(kind, name));
    expect(await readdir(directory)).toEqual([]);
  });

  it('has its drafts where the nearest directory is, or where one may be by then', async () => {
    expect(await draftPlaces(sinkAt('oci', 'a/b/c'))).toEqual([at('a/b/c'), at('a/b'), at('a'), directory]);
    expect(await draftPlaces(sinkAt('rootfs', 'a/b'))).toEqual([at('a'), directory]);
    expect(await draftPlaces(sinkAt('oci-archive', 'a.tar'))).toEqual([directory]);
  });
});

describe('a directory that cannot be filled', () => {
  it('leaves none of those above it, and the config that was beside it before', async () => {
    const config = { architecture: 'amd64', os: 'linux', config: {}, history: [] } as const;
    const image = makeImage({
      reference: 'x',
      config: { ...config, rootfs: { type: 'layers', diff_ids: [] } },
      layers: [],
    });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(writeRootfs(image, at('a/b'), signal)).rejects.toThrow('enough');
    expect(await readdir(directory)).toEqual([]);
    await writeFile(at('old.config.json'), 'mine');
    await expect(writeRootfs(image, at('old'), signal)).rejects.toThrow('enough');
    expect(await readdir(directory)).toEqual(['old.config.json']);
    expect(await readFile(at('old.config.json'), 'utf8')).toBe('mine');
    // Its config cannot take the place of a directory.
    await mkdir(at('c.config.json/x'), { recursive: true });
    await expect(writeRootfs(image, at('c'), new AbortController().signal)).rejects.toMatchObject({
      code: 'EISDIR',
    });
    expect((await readdir(directory)).toSorted()).toEqual(['c.config.json', 'old.config.json']);
    await writeRootfs(image, at('d/e'), new AbortController().signal);
    expect((await readdir(at('d'))).toSorted()).toEqual(['e', 'e.config.json']);
  });
});
