import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFileTree, type HostPath, hostPath, type Image, makeImage, treeLayer } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openTreeMemory } from './tree-memory.ts';

let directory: HostPath;
beforeEach(async () => {
  directory = hostPath(join(await mkdtemp(join(tmpdir(), 'pare-trees-')), 'trees'));
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

const listed = async () => await readdir(directory).catch(() => []);

/** An image of one layer with this file, whose index is known by a name. */
function imageWith(path: string, indexName: string | undefined): Image {
  const layer = treeLayer(memoryTree({ [path]: 'x' }), [path as never], `sha256:${'a'.repeat(64)}`);
  return makeImage({
    reference: 'test',
    config: {
      architecture: 'amd64',
      os: 'linux',
      config: {},
      history: [],
      rootfs: { type: 'layers', diff_ids: [] },
    },
    layers: [indexName === undefined ? layer : { ...layer, indexName }],
  });
}

async function keep(image: Image, codeIdentity: string | undefined): Promise<void> {
  await openTreeMemory(directory, codeIdentity).keep(image, await buildFileTree(image));
}

test('gives back the tree that the same code kept of the same layers, and no other', async () => {
  const image = imageWith('/a', 'one.tar');
  const memory = openTreeMemory(directory, 'code-1');
  expect(await memory.recall(image)).toBeUndefined();
  await keep(image, 'code-1');
  expect((await memory.recall(image))?.paths).toEqual(['/', '/a']);
  expect(await openTreeMemory(directory, 'code-2').recall(image)).toBeUndefined();
  // The same layer, read in another way.
  expect(await memory.recall(imageWith('/a', 'one.tar-split'))).toBeUndefined();
  const [layer] = image.layers;
  expect(
    await memory.recall({ ...image, layers: layer === undefined ? [] : [layer, layer] }),
  ).toBeUndefined();
});

test('takes what is damaged for nothing, and keeps the tree again', async () => {
  const image = imageWith('/a', 'one.tar');
  await keep(image, 'code-1');
  const [name = ''] = await listed();
  const whole = await readFile(join(directory, name));
  const memory = openTreeMemory(directory, 'code-1');
  for (const damaged of [
    Buffer.from(''),
    whole.subarray(0, -1),
    Buffer.from(whole).fill('b', whole.length - 1),
  ]) {
    await writeFile(join(directory, name), damaged);
    expect(await memory.recall(image)).toBeUndefined();
  }
  await keep(image, 'code-1');
  expect(await readFile(join(directory, name))).toEqual(whole);
});

test('does not write again what was recalled', async () => {
  const image = imageWith('/a', 'one.tar');
  await keep(image, 'code-1');
  const memory = openTreeMemory(directory, 'code-1');
  const tree = await memory.recall(image);
  await rm(directory, { recursive: true });
  if (tree !== undefined) await memory.keep(image, tree);
  expect([tree?.size, await listed()]).toEqual([2, []]);
});

test.each([
  ['code without an identity', 'one.tar', undefined],
  ['a layer whose index has no name', undefined, 'code-1'],
])('keeps nothing for %s', async (_what, indexName, codeIdentity) => {
  const image = imageWith('/a', indexName);
  await keep(image, codeIdentity);
  expect(await listed()).toEqual([]);
  expect(await openTreeMemory(directory, codeIdentity).recall(image)).toBeUndefined();
});
