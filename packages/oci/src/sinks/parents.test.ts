import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath } from '../model/path.ts';
import { imageOf, layerOf } from '../testing/memory-layer.ts';
import { writeOciLayout } from './oci-layout.ts';
import { makeParents, nearestDirectory } from './parents.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-parents-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const everything = async () => (await readdir(directory, { recursive: true })).toSorted();

test('a directory that is made for nothing goes again, and one that was there stays', async () => {
  await mkdir(join(directory, 'a'));
  const parents = await makeParents(join(directory, 'a/b/c/place'));
  expect(await everything()).toEqual(['a', 'a/b', 'a/b/c']);
  await parents[Symbol.asyncDispose]();
  expect(await everything()).toEqual(['a']);
});

test('a directory stays that somebody has put something in, with those above it', async () => {
  const parents = await makeParents(join(directory, 'a/b/c/place'));
  await writeFile(join(directory, 'a/b/note'), '');
  await parents[Symbol.asyncDispose]();
  expect(await everything()).toEqual(['a', 'a/b', 'a/b/note']);
});

test('what was made goes where a later one cannot be', async () => {
  const place = join(directory, 'a', 'b', 'n'.repeat(300), 'place');
  await expect(makeParents(place)).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
  expect(await everything()).toEqual([]);
});

test('a file on the way is no directory to make others in', async () => {
  await writeFile(join(directory, 'file'), '');
  await expect(makeParents(join(directory, 'file/b/place'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  expect(await everything()).toEqual(['file']);
});

test('the nearest directory is the one itself, or the first above it that is there', async () => {
  expect(await nearestDirectory(directory)).toBe(directory);
  expect(await nearestDirectory(join(directory, 'a/b'))).toBe(directory);
  expect(await nearestDirectory('/')).toBe('/');
});

test('a new layout far below leaves no directory when its image cannot be read, and is there with all above it when it can', async () => {
  const good = await layerOf({ '/a': { kind: 'file', content: 'x' } });
  const lying = { ...good, diffId: `sha256:${'0'.repeat(64)}` as const };
  const place = hostPath(join(directory, 'a/b/c'));
  await expect(writeOciLayout(imageOf(lying), place, 'x')).rejects.toMatchObject({ code: 'digest-mismatch' });
  expect(await everything()).toEqual([]);
  await writeOciLayout(imageOf(good), place, 'x');
  expect((await readdir(place)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
});

test('a new layout leaves no directory when its place cannot be taken', async () => {
  const image = imageOf(await layerOf({ '/a': { kind: 'file', content: 'x' } }));
  const place = hostPath(join(directory, 'a', 'n'.repeat(300)));
  await expect(writeOciLayout(image, place, 'x')).rejects.toMatchObject({ code: 'ENAMETOOLONG' });
  expect(await everything()).toEqual([]);
});
