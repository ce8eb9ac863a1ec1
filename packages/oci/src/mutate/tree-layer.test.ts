import { expect, it } from 'vitest';
import { gather } from '../testing/gather.ts';
import { at, imageOf, layerOf } from '../testing/memory-layer.ts';
import { buildFileTree } from '../tree/build-file-tree.ts';
import { treeLayer } from './tree-layer.ts';

it('gives the files of a tree as a layer, and has no other', async () => {
  const source = await layerOf({
    '/etc': { kind: 'directory' },
    '/etc/a': { kind: 'file', content: 'one' },
    '/etc/b': { kind: 'file', content: 'two' },
  });
  const tree = await buildFileTree(imageOf(source));
  const paths = [at('/etc'), at('/etc/a')];
  const layer = treeLayer(tree, paths, source.diffId);
  const entries = await gather(layer.entries());
  expect(entries.map(({ path }) => path)).toEqual(paths);
  const file = entries.find(({ kind }) => kind === 'file');
  if (file?.kind !== 'file') throw new Error('the layer has no file');
  expect(Buffer.concat(await gather(layer.open(file))).toString()).toBe('one');
  const read = async () => await gather(layer.open({ ...file, path: at('/etc') }));
  await expect(read()).rejects.toMatchObject({ code: 'not-found' });
});
