import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFileTree, composeDockerArchive, hostPath, type ImagePath, writeDockerArchive } from '@pare/oci';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImageStore } from '../../packages/pare/src/store/image-store.ts';
import { bombImage, imageOfTar, runShell, tarWithName } from './store/hostile-image.ts';
import { overlayView, treeView, type ViewEntry } from './store/overlay-view.ts';
import { imageOfDrafts, type LayerDrafts, randomLayers } from './store/random-image.ts';
import { runInUserNamespace } from './store/user-namespace.ts';

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'pare-store-layers-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('unpacked layers under overlayfs', () => {
  it('show what the file tree of the layers says, entry by entry', async () => {
    const root = hostPath(join(scratch, 'store'));
    const store = await openImageStore({ root, cacheDirectory: hostPath(join(scratch, 'cache')) });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(randomLayers, async (drafts) => {
        await using image = await imageOfDrafts(drafts);
        const tree = await buildFileTree(image).catch(() => undefined);
        const { id } = await store.put(image);
        if (tree === undefined) {
          await expect(store.layerDirectories(id)).rejects.toMatchObject({ code: 'image-invalid' });
        } else {
          await using held = await store.layerDirectories(id);
          const seen = await overlayView(held.directories, scratch, held.userxattr);
          expect(seen).toEqual(await treeView(tree));
          compared += 1;
        }
        await store.remove(id);
      }),
      { examples: fixedCases.map((drafts) => [drafts]), numRuns: Number(process.env.PARE_STORE_RUNS ?? 40) },
    );
    // Most random layers are none that can be unpacked; the fixed ones all are.
    expect(compared).toBeGreaterThanOrEqual(fixedCases.length);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    expect(readdirSync(join(root, 'layers/root'))).toEqual([]);
    expect(readdirSync(join(root, 'blobs/sha256'))).toEqual([]);
  });

  it('show the same through a layer that is linked to them, which is left out where it could not', async () => {
    const root = hostPath(join(scratch, 'linking'));
    const store = await openImageStore({ root, cacheDirectory: hostPath(join(scratch, 'cache')) });
    let compared = 0;
    for (const drafts of [...fixedCases, ...fc.sample(randomLayers, { numRuns: 30, seed: 11 })]) {
      await using image = await imageOfDrafts(drafts);
      const tree = await buildFileTree(image).catch(() => undefined);
      if (tree === undefined) continue;
      const paths = [...tree.entries()].map(({ path }) => path);
      const { id } = await store.put(image);
      expect(await store.linkLayer({ image, tree, paths })).toBeUndefined();
      await using _held = await store.layerDirectories(id);
      await using linked = await store.linkLayer({ image, tree, paths });
      if (linked === undefined) continue;
      expect(await overlayView(linked.directories, scratch, linked.userxattr)).toEqual(await treeView(tree));
      compared += 1;
    }
    expect(compared).toBeGreaterThanOrEqual(fixedCases.length);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('show the same through two layers of links, of which the upper has what the lower lacks', async () => {
    const root = hostPath(join(scratch, 'linking-twice'));
    const store = await openImageStore({ root, cacheDirectory: hostPath(join(scratch, 'cache')) });
    let stacked = 0;
    for (const [place, drafts] of [
      ...fixedCases,
      ...fc.sample(randomLayers, { numRuns: 30, seed: 17 }),
    ].entries()) {
      await using image = await imageOfDrafts(drafts);
      const tree = await buildFileTree(image).catch(() => undefined);
      if (tree === undefined) continue;
      const paths = [...tree.entries()].map(({ path }) => path);
      const { id } = await store.put(image);
      await using _held = await store.layerDirectories(id);
      const some = paths.filter((path, index) => path === '/' || index % 3 !== place % 3);
      await using under = await store.linkLayer({ image, tree, paths: some });
      await using linked = await store.linkLayer({ image, tree, paths }, { under });
      if (under === undefined || linked === undefined) continue;
      expect(await overlayView(linked.directories, scratch, linked.userxattr)).toEqual(await treeView(tree));
      await using again = await store.linkLayer({ image, tree, paths }, { under: linked });
      expect(again?.directories).toEqual(linked.directories);
      // What has too much is of no use.
      await using fewer = await store.linkLayer({ image, tree, paths: some }, { under: linked });
      expect(fewer?.directories.length).toBe(1);
      if (linked.directories.length === 2) stacked += 1;
    }
    expect(stacked).toBeGreaterThan(10);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('show the same through links that were kept, as long as the image is there and nobody else wants others', async () => {
    const root = hostPath(join(scratch, 'keeping'));
    const store = await openImageStore({ root, cacheDirectory: hostPath(join(scratch, 'cache')) });
    const [drafts] = fixedCases;
    await using image = await imageOfDrafts(drafts ?? []);
    const tree = await buildFileTree(image);
    const paths = [...tree.entries()].map(({ path }) => path);
    const { id } = await store.put(image);
    const held = await store.layerDirectories(id);
    const link = (wanted: typeof paths) => store.linkLayer({ image, tree, paths: wanted }, { keep: true });
    const isKept = (links: Awaited<ReturnType<typeof link>>) => links?.directories[0]?.includes('/links-');
    const inodeOf = (links: Awaited<ReturnType<typeof link>>) =>
      statSync(links?.directories[0] ?? '', { bigint: true }).ino;
    const kept = () => readdirSync(join(root, 'layers/root')).filter((name) => name.startsWith('links-'));
    const first = await link(paths);
    expect(isKept(first)).toBe(true);
    expect(await overlayView(first?.directories ?? [], scratch, false)).toEqual(await treeView(tree));
    // Others are made while these are in use, and go.
    const other = await link(paths.slice(0, -1));
    expect(isKept(other)).toBe(false);
    await other?.[Symbol.asyncDispose]();
    const inode = inodeOf(first);
    await first?.[Symbol.asyncDispose]();
    const again = await link(paths);
    expect(inodeOf(again)).toBe(inode);
    expect(again?.paths).toEqual(new Set(paths));
    await store.collectGarbage();
    expect(kept().length).toBe(1);
    await again?.[Symbol.asyncDispose]();
    // Links of another boot may have been lost when the machine went down.
    const [place = ''] = kept();
    const note = join(root, 'layers/root', place, 'links.json');
    const { boot, ...rest } = JSON.parse(readFileSync(note, 'utf8')) as Record<string, unknown>;
    expect(boot).toBeTypeOf('string');
    writeFileSync(note, JSON.stringify({ ...rest, boot: 'another' }));
    const anew = await link(paths);
    expect(isKept(anew)).toBe(true);
    expect(inodeOf(anew)).not.toBe(inode);
    await anew?.[Symbol.asyncDispose]();
    const fewer = await link(paths.slice(0, -1));
    expect(isKept(fewer)).toBe(true);
    expect(kept().length).toBe(1);
    await held[Symbol.asyncDispose]();
    // In use they stay without the image, too.
    await store.remove(id);
    await store.collectGarbage();
    expect(kept().length).toBe(1);
    await fewer?.[Symbol.asyncDispose]();
    await store.collectGarbage();
    expect(kept()).toEqual([]);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    expect(readdirSync(join(root, 'leases'))).toEqual([]);
  });

  it('give the image that an archive of the same paths gives, and none where they are not there', async () => {
    const root = hostPath(join(scratch, 'composing'));
    const store = await openImageStore({ root, cacheDirectory: hostPath(join(scratch, 'cache')) });
    let compared = 0;
    for (const drafts of [...fixedCases, ...fc.sample(randomLayers, { numRuns: 10, seed: 13 })]) {
      await using image = await imageOfDrafts(drafts);
      const tree = await buildFileTree(image).catch(() => undefined);
      if (tree === undefined) continue;
      const parts = { image, tree, paths: [...tree.entries()].map(({ path }) => path), config: image.config };
      const known: string[] = [];
      const beforeStored = async (id: string) => void known.push(id);
      const { id } = await store.put(image);
      expect(await store.compose(parts, { beforeStored })).toBeUndefined();
      expect(known).toEqual([]);
      await using _held = await store.layerDirectories(id);
      const composed = await store.compose(parts, { beforeStored });
      if (composed === undefined) continue;
      const { archive, made } = composeDockerArchive({ ...parts, beforeManifest: async () => undefined });
      for await (const _ of archive);
      expect(composed).toMatchObject({ id: made()?.configDigest, config: made()?.config });
      expect(known).toEqual([composed.id]);
      await using opened = await store.open(composed.id);
      expect(await treeView(await buildFileTree(opened))).toEqual(await treeView(tree));
      compared += 1;
    }
    expect(compared).toBeGreaterThanOrEqual(fixedCases.length);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  });

  it('are never linked to through a link that stands on the way', async () => {
    const root = hostPath(join(scratch, 'linking-hostile'));
    const store = await openImageStore({ root, cacheDirectory: hostPath(join(scratch, 'cache')) });
    await using image = await imageOfDrafts([[['/a/hosts', { kind: 'file', content: 'ours' }]]]);
    const tree = await buildFileTree(image);
    const { id } = await store.put(image);
    await using held = await store.layerDirectories(id);
    const [directory = ''] = held.directories;
    // As a layer could arrange it whose tree and whose directory were not the same.
    rmSync(join(directory, 'a'), { recursive: true });
    mkdirSync(join(scratch, 'outside'));
    writeFileSync(join(scratch, 'outside/hosts'), 'host');
    symlinkSync(join(scratch, 'outside'), join(directory, 'a'));
    const parts = { image, tree, paths: ['/a/hosts' as ImagePath], config: image.config };
    expect(await store.linkLayer(parts)).toBeUndefined();
    expect(await store.compose(parts, { beforeStored: async () => undefined })).toBeUndefined();
    expect(statSync(join(scratch, 'outside/hosts')).nlink).toBe(1);
  });

  it('show the same to root of a user namespace, less device nodes', async () => {
    const own = join(scratch, 'rootless');
    mkdirSync(own);
    const archives: string[] = [];
    const trees = [];
    for (const drafts of [...fixedCases, ...fc.sample(randomLayers, { numRuns: 20, seed: 7 })]) {
      await using image = await imageOfDrafts(drafts);
      const tree = await buildFileTree(image).catch(() => undefined);
      if (tree === undefined) continue;
      const archive = join(own, `${archives.length}.tar`);
      await writeFile(archive, writeDockerArchive(image, []));
      archives.push(archive);
      trees.push(await treeView(tree, ({ kind }) => kind === 'char-device'));
    }
    const script = join(import.meta.dirname, 'store/show-archives.ts');
    const shown = JSON.parse(await runInUserNamespace(script, [own, join(own, 'scratch'), ...archives])) as {
      readonly userxattr: boolean;
      readonly leftOut: readonly { readonly path: string; readonly reason: string }[];
      readonly view: readonly ViewEntry[];
    }[];
    expect(shown.map(({ view }) => view)).toEqual(trees);
    expect(shown.every(({ userxattr }) => userxattr)).toBe(true);
    expect(shown[0]?.leftOut).toEqual([{ path: '/null', reason: 'device-node' }]);
  });
});

describe('processes that use one store', () => {
  const script = join(import.meta.dirname, 'store/show-archives.ts');
  let archive = '';
  beforeAll(async () => {
    archive = join(scratch, 'large.tar');
    const files = Array.from({ length: 1500 }, (_, at): LayerDrafts[number][number] => [
      `/d${at % 40}/f${at}`,
      { kind: 'file', content: 'x'.repeat(4000) },
    ]);
    await using image = await imageOfDrafts([files, [['/top', { kind: 'file', content: 'y' }]]]);
    await writeFile(archive, writeDockerArchive(image, []));
  });

  it('unpack the same layers at once, and all show the same', async () => {
    const own = join(scratch, 'at-once');
    const shown = await Promise.all(
      [1, 2, 3].map((at) => runNode(script, [own, join(own, `scratch-${at}`), archive])),
    );
    expect(new Set(shown.map(({ stdout }) => stdout)).size).toBe(1);
    expect(shown.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(readdirSync(join(own, 'store/tmp'))).toEqual([]);
  });

  it('leave nothing half made when they are killed at any moment', async () => {
    const own = join(scratch, 'killed');
    for (let round = 0; round < 8; round++) {
      await runNode(script, [own, join(own, 'scratch'), archive], 250 + round * 200);
      const store = await openImageStore({
        root: hostPath(join(own, 'store')),
        cacheDirectory: hostPath(join(own, 'cache')),
      });
      await store.collectGarbage();
      expect(readdirSync(join(own, 'store/tmp'))).toEqual([]);
      expect(readdirSync(join(own, 'store/leases'), { recursive: true })).toEqual([]);
      const [image] = await store.list();
      const named = image === undefined ? 0 : 2 + new Set(image.layers.map(({ blob }) => blob)).size;
      expect(readdirSync(join(own, 'store/blobs/sha256'))).toHaveLength(named);
      if (image !== undefined) await (await store.layerDirectories(image.id))[Symbol.asyncDispose]();
      if (image !== undefined && round % 2 === 1) await store.remove(image.id);
    }
  });
});

/** Runs a script of ours; kills it after a while where that is asked for. */
function runNode(script: string, args: readonly string[], killAfterMs?: number) {
  return new Promise<{ readonly code: number | null; readonly stdout: string }>((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    const timer =
      killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout });
    });
  });
}

/** Each of the things that a namespace does in another way, for sure. */
const fixedCases: readonly LayerDrafts[] = [
  [
    [
      ['/gone', { kind: 'file', content: 'x' }],
      ['/hidden/a', { kind: 'file', content: 'x' }],
      ['/null', { kind: 'char-device', major: 1, minor: 3 }],
      [
        '/ping',
        {
          kind: 'file',
          content: 'x',
          mode: 0o4755,
          uid: 1000,
          xattrs: new Map([
            ['security.capability', Buffer.from('0100000200040000000000000000000000000000', 'hex')],
            ['user.note', Buffer.from('text')],
          ]),
        },
      ],
    ],
    [
      ['/.wh.gone', { kind: 'file' }],
      ['/hidden/.wh..wh..opq', { kind: 'file' }],
      ['/hidden/b', { kind: 'file', content: 'y' }],
    ],
  ],
  // A link to a device of a layer below, in the place of another one.
  [
    [
      ['/null', { kind: 'char-device', major: 1, minor: 3 }],
      ['/old', { kind: 'char-device', major: 1, minor: 3, mtime: { seconds: 0, nanoseconds: 123_456_789 } }],
    ],
    [['/old', { kind: 'hardlink', target: '/null' }]],
  ],
  // A file with two names, of which one was a directory that its layer did not describe.
  [
    [['/was/below', { kind: 'directory' }]],
    [
      ['/other', { kind: 'file', content: 'x' }],
      ['/was', { kind: 'hardlink', target: '/other' }],
    ],
  ],
  // A root that is not as usual.
  [
    [
      ['/', { kind: 'directory', mode: 0o1750, uid: 7, gid: 8 }],
      ...['/a', '/b', '/c/d'].map((path) => [path, { kind: 'file', content: path }] as const),
    ],
  ],
];

describe('a hostile layer', () => {
  /** Unpacks an image of one layer, and tells what there is outside of the store afterwards. */
  async function unpack(name: string, drafts: LayerDrafts) {
    const place = join(scratch, name);
    mkdirSync(join(place, 'outside'), { recursive: true });
    writeFileSync(join(place, 'outside/kept'), 'kept');
    const root = hostPath(join(place, 'store'));
    const store = await openImageStore({ root, cacheDirectory: hostPath(join(place, 'cache')) });
    await using image = await imageOfDrafts(drafts);
    const { id } = await store.put(image);
    const held = await store.layerDirectories(id);
    return { place, held };
  }

  it('writes nothing through a link to the host, by name or by hardlink', async () => {
    const outside = join(scratch, 'links/outside');
    const { place, held } = await unpack('links', [
      [
        ['/a', { kind: 'symlink', target: outside }],
        ['/a/new', { kind: 'file', content: 'escaped' }],
        ['/b', { kind: 'symlink', target: `${'../'.repeat(20)}${outside.slice(1)}` }],
        ['/b/kept', { kind: 'file', content: 'escaped' }],
        ['/hard', { kind: 'hardlink', target: '/a/kept' }],
        ['/dir', { kind: 'directory' }],
        ['/dir', { kind: 'symlink', target: outside }],
        ['/dir/later', { kind: 'file', content: 'escaped' }],
        [`${outside}/absolute`, { kind: 'file', content: 'inside' }],
      ],
    ]);
    await using _held = held;
    expect(readdirSync(join(place, 'outside'))).toEqual(['kept']);
    expect(statSync(join(place, 'outside/kept'))).toMatchObject({ size: 4, nlink: 1 });
    const inside = join(held.directories[0] ?? '', outside);
    expect(readdirSync(inside).toSorted()).toEqual(['absolute', 'kept', 'later', 'new']);
  });

  it('takes no more room for a sparse file of 10 GB than what it stores', async () => {
    const sparse = join(scratch, 'sparse');
    mkdirSync(join(sparse, 'tree'), { recursive: true });
    await runShell(
      `truncate -s 10G huge && printf end | dd of=huge bs=1 seek=5000000000 conv=notrunc status=none
       tar --sparse --format=posix -cf ../layer.tar huge && tar --sparse --format=gnu -cf ../old.tar huge`,
      join(sparse, 'tree'),
    );
    for (const name of ['layer.tar', 'old.tar']) {
      const root = hostPath(join(sparse, `store-${name}`));
      const store = await openImageStore({ root, cacheDirectory: hostPath(join(sparse, 'cache')) });
      await using image = await imageOfTar(join(sparse, name));
      const { id } = await store.put(image);
      await using held = await store.layerDirectories(id);
      const { size, blocks } = statSync(join(held.directories[0] ?? '', 'huge'));
      expect(size).toBe(10 * 1024 ** 3);
      expect(blocks * 512).toBeLessThan(1024 ** 2);
      const seen = await runShell(
        'dd if=huge bs=1 skip=5000000000 count=3 status=none',
        held.directories[0] ?? '',
      );
      expect(seen).toBe('end');
    }
  });

  it('is refused when it unfolds without end, and nothing of it stays', async () => {
    const place = join(scratch, 'bomb');
    const root = hostPath(join(place, 'store'));
    const store = await openImageStore({ root, cacheDirectory: hostPath(join(place, 'cache')) });
    await expect(store.put(bombImage())).rejects.toMatchObject({
      code: 'image-invalid',
      message: expect.stringContaining('times its size'),
    });
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    expect(readdirSync(join(root, 'blobs/sha256'))).toEqual([]);
  });

  it.each(['../escape', 'a/../../escape', 'a\0b', `${'x'.repeat(300)}`])(
    'is refused for the name %j, and nothing of it is unpacked',
    async (name) => {
      const place = mkdtempSync(join(scratch, 'name-'));
      const tar = join(place, 'layer.tar');
      await writeFile(tar, tarWithName(name));
      const root = hostPath(join(place, 'store'));
      const store = await openImageStore({ root, cacheDirectory: hostPath(join(place, 'cache')) });
      await using image = await imageOfTar(tar);
      const { id } = await store.put(image);
      await expect(store.layerDirectories(id)).rejects.toMatchObject({ code: 'image-invalid' });
      expect(readdirSync(place).toSorted()).toEqual(['layer.tar', 'store']);
      expect(readdirSync(join(root, 'layers'))).toEqual([]);
      expect(readdirSync(join(root, 'tmp'))).toEqual([]);
      expect(readdirSync(join(root, 'leases'))).toEqual([]);
    },
  );
});
