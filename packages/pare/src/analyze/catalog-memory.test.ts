import type { ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Package } from '../model/package.ts';
import { decodePackages, encodePackages } from './catalog-memory.ts';

const names = ['/a', '/b', '/b/c', '/b/d', '/e', '/f/g/h'] as readonly string[] as readonly ImagePath[];
const tree = memoryTree({ '/a': 'a', '/b/c': 'c', '/b/d': 'd', '/e': 'e', '/f/g/h': 'h' });

function packageOf(name: string, files: readonly ImagePath[]): Package {
  return {
    id: `deb:${name}`,
    ecosystem: 'deb',
    name,
    version: '1',
    purl: `pkg:deb/${name}`,
    base: false,
    dependsOn: [],
    files,
  } as Package;
}

const throughText = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value)) as Value;

test('packages come back as they were, whatever the order of their files', async () => {
  const file = fc.constantFrom(...names, '/missing' as ImagePath);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(file)), async (lists) => {
      const packages = lists.map((files, place) => packageOf(`p${place}`, files));
      const memory = throughText(encodePackages(packages, tree));
      expect(await decodePackages(memory, tree)).toEqual(packages);
    }),
  );
});

test('files that follow each other in the tree are one run', () => {
  const [remembered] = encodePackages([packageOf('p', names)], tree);
  expect(remembered?.files).toEqual([1, 5, 8, 1]);
});

test('what fits no entry of the tree is no memory of it', async () => {
  const memory = encodePackages([packageOf('p', names)], tree);
  expect(await decodePackages(memory, memoryTree({ '/a': 'a' }))).toBeUndefined();
});
