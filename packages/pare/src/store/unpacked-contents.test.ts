import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath, type Image, type ImagePath } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { StoreLayout } from './store-layout.ts';
import {
  type FoundContents,
  findContents,
  findReadable,
  type UnpackedContents,
} from './unpacked-contents.ts';

const tree = memoryTree({
  '/file': 'top',
  '/usr/lib/a': 'a',
  '/usr/lib/link': { symlink: 'a' },
});
const paths = [
  '/file',
  '/usr',
  '/usr/lib',
  '/usr/lib/a',
  '/usr/lib/link',
] as readonly string[] as ImagePath[];

let place: string;
beforeEach(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'pare-contents-')));
  mkdirSync(join(place, 'usr/lib'), { recursive: true });
  writeFileSync(join(place, 'file'), 'top');
  writeFileSync(join(place, 'usr/lib/a'), 'a');
  symlinkSync('a', join(place, 'usr/lib/link'));
});
afterEach(() => rmSync(place, { recursive: true }));

function find(
  found: Partial<FoundContents> = {},
  look: typeof findContents = findContents,
  wanted = { tree, paths },
): Promise<UnpackedContents | undefined> {
  // Where the layers are is known: neither the layout nor the image is asked.
  const at = { places: [hostPath(place)], unpacker: {} as UnpackedContents['unpacker'] };
  const image = {} as Image;
  return look({} as StoreLayout, { image, ...wanted }, { at, paths: new Set(), plain: new Map(), ...found });
}

it('finds files and links where their layer was unpacked to, and does not look for them twice', async () => {
  const looked = new Set<ImagePath>();
  const contents = await find({ paths: looked });
  const entry = tree.get('/usr/lib/a' as ImagePath);
  expect(entry && contents?.fileOf(entry)).toBe(`${place}/usr/lib/a`);
  expect([...looked]).toEqual(paths);
  rmSync(join(place, 'usr/lib/a'));
  expect(await find({ paths: looked })).toBeDefined();
  expect(await find()).toBeUndefined();
});

it.each([
  ['a link leads to their directory', () => moveAside('usr/lib')],
  ['a link leads to a directory further up', () => moveAside('usr')],
  ['a file has another size', () => writeFileSync(join(place, 'usr/lib/a'), 'aa')],
  ['a link leads elsewhere', () => relink('b')],
  ['a file took the place of a directory', () => replaceDirectory()],
])('finds nothing where %s', async (_, damage) => {
  damage();
  expect(await find()).toBeUndefined();
});

it.each([
  ['a link leads to their directory', () => moveAside('usr/lib')],
  ['a link leads to a directory further up', () => moveAside('usr')],
  ['a file took the place of a directory', () => replaceDirectory()],
  ['a directory is gone', () => rmSync(join(place, 'usr'), { recursive: true })],
])('finds nothing to be read where %s', async (_, damage) => {
  const found = await find({}, findReadable);
  const entry = tree.get('/usr/lib/a' as ImagePath);
  expect(entry && found?.fileOf(entry)).toBe(`${place}/usr/lib/a`);
  damage();
  expect(await find({}, findReadable)).toBeUndefined();
});

it('finds nothing to be read where a name is no UTF-8, also beside others', async () => {
  const odd = memoryTree({ '/usr/lib/a': 'a', '/usr/lib/b\udcff': 'b' });
  const named = (...names: readonly string[]) => ({ tree: odd, paths: names as ImagePath[] });
  expect(await find({}, findReadable, named('/usr/lib/a'))).toBeDefined();
  expect(await find({}, findReadable, named('/usr/lib/a', '/usr/lib/b\udcff'))).toBeUndefined();
});

it('leaves looks at the files to who reads them', async () => {
  rmSync(join(place, 'usr/lib/a'));
  rmSync(join(place, 'usr/lib/link'));
  expect(await find({}, findReadable)).toBeDefined();
});

/** Everything stays to be found, but only through a link. */
function moveAside(directory: string): void {
  renameSync(join(place, directory), join(place, 'moved'));
  symlinkSync(join(place, 'moved'), join(place, directory));
}

function relink(target: string): void {
  rmSync(join(place, 'usr/lib/link'));
  symlinkSync(target, join(place, 'usr/lib/link'));
}

function replaceDirectory(): void {
  rmSync(join(place, 'usr/lib'), { recursive: true });
  writeFileSync(join(place, 'usr/lib'), '');
}
