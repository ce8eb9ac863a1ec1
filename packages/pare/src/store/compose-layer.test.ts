import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath, type ImagePath, treeTar } from '@pare/oci';
import { memoryTree } from '@pare/testkit';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { composeLayer } from './compose-layer.ts';
import { openStoreThread } from './store-thread.ts';
import type { UnpackedContents } from './unpacked-contents.ts';

const contents = { '/a': 'first', '/b': 'x'.repeat(2_500_000), '/c': '' };
const paths = Object.keys(contents) as ImagePath[];
let directory = '';
const tree = memoryTree(contents);
let unpacked: UnpackedContents;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-compose-'));
  for (const [path, text] of Object.entries(contents)) writeFileSync(join(directory, path), text);
  unpacked = {
    places: [hostPath(directory)],
    unpacker: { kind: 'root', prefix: [], name: 'root' },
    fileOf: ({ path }) => join(directory, path),
  };
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const thread = openStoreThread();
afterAll(() => thread.rest());
const compose = (signal?: AbortSignal) =>
  composeLayer({ tree, paths }, unpacked, join(directory, 'layer.tar'), { thread, signal });

it('writes a tar in many parts, and says its digest', async () => {
  const many = Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`/file${index}`, `${index}`]));
  for (const [path, text] of Object.entries(many)) writeFileSync(join(directory, path), text);
  const all = memoryTree(many);
  const file = join(directory, 'many.tar');
  const parts = { tree: all, paths: Object.keys(many) as ImagePath[] };
  const composed = await composeLayer(parts, unpacked, file, { thread, signal: undefined });
  const hash = createHash('sha256');
  for await (const chunk of treeTar(all, parts.paths)) hash.update(chunk);
  expect(composed?.digest).toBe(`sha256:${hash.digest('hex')}`);
  expect(composed?.contentBytes).toBe(Object.values(many).join('').length);
});

it('writes the tar that the tree gives, and says its digest', async () => {
  const hash = createHash('sha256');
  for await (const chunk of treeTar(tree, paths)) hash.update(chunk);
  const digest = `sha256:${hash.digest('hex')}`;
  expect(await compose()).toEqual({ digest, contentBytes: 2_500_005 });
  const written = createHash('sha256').update(readFileSync(join(directory, 'layer.tar')));
  expect(`sha256:${written.digest('hex')}`).toBe(digest);
});

function replace(file: string, make: () => void): void {
  rmSync(file);
  make();
}

it.each([
  ['is shorter', (file: string) => truncateSync(file, 4)],
  ['is longer', (file: string) => writeFileSync(file, 'and more', { flag: 'a' })],
  ['is gone', (file: string) => rmSync(file)],
  ['is a link by now', (file: string) => replace(file, () => symlinkSync('b', file))],
  ['is a directory by now', (file: string) => replace(file, () => mkdirSync(file))],
])('writes none of a file that %s', async (_, change) => {
  change(join(directory, 'a'));
  expect(await compose()).toBeUndefined();
});

it('throws what the disk says', async () => {
  writeFileSync(join(directory, 'layer.tar'), 'in the way');
  await expect(compose()).rejects.toMatchObject({ code: 'EEXIST' });
});

it('throws why it was aborted, before and while it writes', async () => {
  const reason = new Error('enough');
  await expect(compose(AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(existsSync(join(directory, 'layer.tar'))).toBe(false);
  const controller = new AbortController();
  const composing = compose(controller.signal);
  controller.abort(reason);
  await expect(composing).rejects.toBe(reason);
});
