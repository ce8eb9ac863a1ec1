import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, type HostPath, hostPath, openTarLayer, writeTar } from '@pare/oci';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeTree } from '../../packages/pare/src/store/remove-tree.ts';
import { runTool, saysDiskFull } from '../../packages/pare/src/store/run-tool.ts';
import { readLayerNote, unpackLayer } from '../../packages/pare/src/store/unpack-layer.ts';
import type { Unpacker } from '../../packages/pare/src/store/user-namespace.ts';

let directory: HostPath;
let temporary: HostPath;
let place: HostPath;
beforeEach(async () => {
  directory = hostPath(await mkdtemp(join(tmpdir(), 'pare-unpacking-')));
  temporary = hostPath(join(directory, 'tmp'));
  place = hostPath(join(directory, 'layers/one'));
  await mkdir(temporary);
});
afterEach(() => rm(directory, { recursive: true }));

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

const manyOf = (sizeBytes: number, uid = 0, files = 100) =>
  Array.from({ length: files }, (_, at) => ({
    entry: {
      ...{ kind: 'file', path: `/file-${at}`, sizeBytes, mode: 0o644, uid, gid: uid, xattrs: new Map() },
      mtime: { seconds: 1, nanoseconds: 0 },
    } as never,
    content: once(Buffer.alloc(sizeBytes, 'x')),
  }));

/** A layer of small files. */
async function layerOf({ files, uid }: { readonly files: number; readonly uid: number }) {
  const tar: Uint8Array[] = [];
  for await (const chunk of writeTar(manyOf(1, uid, files))) tar.push(Buffer.from(chunk));
  const bytes = Buffer.concat(tar);
  const path = hostPath(join(directory, 'layer.tar'));
  await writeFile(path, bytes);
  return openTarLayer({ diffId: digestOf(bytes), file: path });
}

const unpack = async (content: Parameters<typeof layerOf>[0], unpacker: Unpacker) =>
  unpackLayer(await layerOf(content), place, { unpacker, temporary, signal: undefined });

const root: Unpacker = { kind: 'root', prefix: [], name: 'root' };
/** Root of a user namespace that has one user. */
const alone: Unpacker = {
  kind: 'namespace',
  prefix: ['unshare', '--user', '--map-root-user', '--mount'],
  name: 'alone',
};
/** The same, and what is unpacked goes to a disk with room for little. */
const onFullDisk = (): Unpacker => ({
  ...alone,
  prefix: [
    ...alone.prefix,
    ...['sh', '-c', 'mount -t tmpfs -o size=64k tmpfs "$0"/*/files && exec "$@"', temporary],
  ],
});

const nothingStays = async () => {
  expect(await readdir(temporary)).toEqual([]);
  await expect(stat(place)).rejects.toMatchObject({ code: 'ENOENT' });
};

it('a layer for which there is no room is told so, and nothing of it stays', async () => {
  await expect(unpack({ files: 100, uid: 0 }, onFullDisk())).rejects.toMatchObject({
    code: 'disk-full',
    message: expect.stringContaining('no space is left to unpack layer sha256:'),
    hint: expect.stringContaining('XDG_DATA_HOME'),
    details: expect.arrayContaining([expect.stringContaining('No space left on device')]),
  });
  await nothingStays();
});

it.each([
  [100, 1000],
  [1, 1_000_000],
])('tar’s words for a full disk are known: %d files of %d bytes', async (files, sizeBytes) => {
  await mkdir(join(temporary, 'one/files'), { recursive: true });
  const [program = '', ...args] = [...onFullDisk().prefix, 'tar', '-x', '-C', join(temporary, 'one/files')];
  const { code, stderr } = await runTool(program, args, { input: writeTar(manyOf(sizeBytes, 0, files)) });
  expect([code, saysDiskFull(stderr)], stderr).toEqual([2, true]);
  expect(saysDiskFull('tar: file: Cannot change ownership to uid 1, gid 1: Invalid argument')).toBe(false);
});

it('a layer with users that this one has no IDs for is told in the words of tar, and nothing of it stays', async () => {
  await expect(unpack({ files: 1, uid: 1234 }, alone)).rejects.toMatchObject({
    code: 'engine-failed',
    message: expect.stringMatching(/^tar could not unpack layer sha256:\w+ \(exit code 2\)$/),
    hint: expect.stringContaining('/etc/subuid'),
    details: expect.arrayContaining([expect.stringContaining('uid 1234')]),
  });
  await nothingStays();
});

it('a layer is not put in the place of a file, which stays', async () => {
  await mkdir(join(directory, 'layers'));
  await writeFile(place, 'mine');
  await expect(unpack({ files: 1, uid: 0 }, root)).rejects.toMatchObject({ code: 'ENOTDIR' });
  expect(await readdir(temporary)).toEqual([]);
  expect((await stat(place)).size).toBe(4);
});

it('a layer whose note cannot be read is not taken for one that is not there', async () => {
  await mkdir(join(place, 'layer.json'), { recursive: true });
  expect(() => readLayerNote(place)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
});

it('what cannot be removed is told', async () => {
  await writeFile(join(directory, 'file'), '');
  await expect(removeTree(hostPath(join(directory, 'file/below')))).rejects.toMatchObject({
    code: 'ENOTDIR',
  });
});
