import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  buildFileTree,
  type Digest,
  type Entry,
  type FileTree,
  hostPath,
  type Image,
  type Layer,
  makeImage,
  openDockerArchive,
  openTarLayer,
  openTarSplitLayer,
  parseImagePath,
  readTar,
  spoolDockerArchive,
  type TreeEntry,
  type TreeFile,
  writeDockerArchive,
  writeTar,
} from '@pare/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** The real engine as oracle: what it keeps of a layer, and what it shows of layers on layers. */
const tag = `pare-test-oci:tar-split-${process.pid}`;
const docker = (...argv: string[]): string => execFileSync('docker', argv, { encoding: 'utf8' }).trim();

let directory = '';
let image: Image;
let stored: readonly Layer[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-oci-tar-split-'));
  image = makeImage({
    reference: tag,
    config: {
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/t/none'], Labels: { 'dev.pare.test': tag } },
      rootfs: { type: 'layers', diff_ids: [] },
      history: [],
    },
    layers: [await layer('lower', lower), await layer('upper', upper), await layer('top', top)],
  });
  const load = spawn('docker', ['load', '--quiet'], { stdio: ['pipe', 'ignore', 'inherit'] });
  await pipeline(Readable.from(writeDockerArchive(image, [tag])), load.stdin);
  await new Promise((resolve) => load.on('close', resolve));
  stored = storedLayers(docker('image', 'inspect', '--format', '{{json .RootFS.Layers}}', tag));
});

afterAll(async () => {
  await image[Symbol.asyncDispose]();
  docker('image', 'rm', tag);
  rmSync(directory, { recursive: true, force: true });
});

const metadata = {
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: { seconds: 1_600_000_000, nanoseconds: 0 },
  xattrs: new Map(),
};
const file = (path: string, content: string, more: Partial<Entry> = {}) =>
  ({
    entry: { ...metadata, ...more, kind: 'file', path: parseImagePath(path), sizeBytes: content.length },
    content,
  }) as const;
const folder = (path: string, mode = 0o755) =>
  ({ entry: { ...metadata, mode, kind: 'directory', path: parseImagePath(path) } }) as const;
const symlink = (path: string, target: string) =>
  ({ entry: { ...metadata, kind: 'symlink', mode: 0o777, path: parseImagePath(path), target } }) as const;
const hardlink = (path: string, target: string) =>
  ({
    entry: { ...metadata, kind: 'hardlink', path: parseImagePath(path), target: parseImagePath(target) },
  }) as const;

type Member = { readonly entry: Entry; readonly content?: string };
const lower: readonly Member[] = [
  folder('/t', 0o711),
  folder('/t/d', 0o700),
  file('/t/d/a', 'a of lower', { uid: 1000, gid: 1001, mode: 0o640 }),
  file('/t/d/b', 'b of lower'),
  hardlink('/t/d/b2', '/t/d/b'),
  folder('/t/gone'),
  file('/t/gone/x', 'x'),
  folder('/t/opaque'),
  file('/t/opaque/old', 'old'),
  symlink('/t/link', 'd'),
  file('/t/file', 'file'),
  folder('/t/becomes-file'),
  file('/t/becomes-file/x', 'x'),
  file('/t/café', 'UTF-8'),
  file('/t/caf\udce9', 'Latin-1'),
  file(`/t/${'long/'.repeat(50)}name`, 'long', {
    mtime: { seconds: 1_600_000_000, nanoseconds: 123_456_789 },
  }),
  file('/t/large', 'x'.repeat(700_001)),
  symlink('/t/same', 'd'),
  file('/t/same/through', 'written through a link of this layer'),
];
const upper: readonly Member[] = [
  folder('/t', 0o755),
  folder('/t/d', 0o750),
  file('/t/d/b', 'b of upper'),
  file('/t/.wh.gone', ''),
  folder('/t/opaque', 0o701),
  file('/t/opaque/.wh..wh..opq', ''),
  file('/t/opaque/new', 'new'),
  file('/t/link/below', 'below a link of the lower layer'),
  folder('/t/file'),
  file('/t/file/y', 'y'),
  file('/t/becomes-file', 'now a file'),
];
const top: readonly Member[] = [
  folder('/t'),
  folder('/t/d', 0o750),
  folder('/t/gone'),
  file('/t/gone/y', 'y'),
  file('/t/d/.wh.b2', ''),
];

async function layer(name: string, members: readonly Member[]): Promise<Layer> {
  const path = join(directory, `${name}.tar`);
  const writes = members.map(({ entry, content }) =>
    content === undefined ? { entry } : { entry, content: text(content) },
  );
  const { createWriteStream } = await import('node:fs');
  await pipeline(Readable.from(writeTar(writes)), createWriteStream(path));
  const diffId: Digest = `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
  return openTarLayer({ diffId, file: hostPath(path) });
}

async function* text(content: string) {
  yield Buffer.from(content);
}

/** The layers where the engine keeps them; a layer's directory is named for the chain of diffIDs (OCI, "Layer ChainID"). */
function storedLayers(json: string): readonly Layer[] {
  const root = docker('info', '--format', '{{.DockerRootDir}}');
  let chain: string | undefined;
  return (JSON.parse(json) as Digest[]).map((diffId) => {
    chain =
      chain === undefined
        ? diffId
        : `sha256:${createHash('sha256').update(`${chain} ${diffId}`).digest('hex')}`;
    const database = join(root, 'image/overlay2/layerdb/sha256', chain.slice('sha256:'.length));
    const cacheId = readFileSync(join(database, 'cache-id'), 'utf8');
    const tarSplit = hostPath(join(database, 'tar-split.json.gz'));
    return openTarSplitLayer({
      diffId,
      tarSplit,
      directory: hostPath(join(root, 'overlay2', cacheId, 'diff')),
    });
  });
}

async function digestOf(layerToRead: Layer): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of layerToRead.tar()) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

async function describeTree(tree: FileTree): Promise<readonly (readonly unknown[])[]> {
  const entries = [...tree.entries()].filter(({ path }) => path.startsWith('/t'));
  return await Promise.all(entries.map(async (entry) => describeEntry(entry, await contentOf(tree, entry))));
}

async function contentOf(tree: FileTree, entry: TreeEntry): Promise<string | undefined> {
  if (entry.kind !== 'file') return undefined;
  return createHash('sha256')
    .update(await tree.read(entry as TreeFile))
    .digest('hex');
}

function describeEntry(entry: Entry, content: string | undefined): readonly unknown[] {
  const { path, kind, mode, uid, gid, mtime } = entry;
  return [
    path,
    kind,
    mode.toString(8),
    uid,
    gid,
    kind === 'file' ? mtime.seconds : 0,
    kind === 'symlink' ? entry.target : '',
    content,
  ];
}

describe('a layer that the engine has unpacked', () => {
  it('is rebuilt to the exact bytes of its tar', async () => {
    expect(stored).toHaveLength(3);
    for (const one of stored) expect(await digestOf(one)).toBe(one.diffId);
  });

  it('is as long as it says', async () => {
    for (const one of stored) {
      let sizeBytes = 0;
      for await (const chunk of one.tar()) sizeBytes += chunk.length;
      expect(await one.tarBytes?.()).toBe(sizeBytes);
    }
  });

  it('has the entries of the tar that was loaded, fractions of a second and raw names included', async () => {
    for (const [index, one] of stored.entries()) {
      expect((await one.readIndex?.())?.entries()).toEqual(
        (await image.layers[index]?.readIndex?.())?.entries(),
      );
    }
  });

  it('gives the same tree and contents as the tars', async () => {
    const fromEngine = await buildFileTree(
      makeImage({ reference: tag, config: image.config, layers: stored }),
    );
    expect(await describeTree(fromEngine)).toEqual(await describeTree(await buildFileTree(image)));
  });
});

describe('layers on layers', () => {
  it('are merged as the engine shows them', async () => {
    const container = docker('create', '--label', `dev.pare.test=${tag}`, tag);
    try {
      const shown: (readonly unknown[])[] = [];
      const links = new Map<string, string>();
      const child = spawn('docker', ['export', container], { stdio: ['ignore', 'pipe', 'inherit'] });
      for await (const { header, content } of readTar(child.stdout)) {
        const path = parseImagePath(header.name);
        const hash = createHash('sha256');
        for await (const chunk of content) hash.update(chunk);
        if (!path.startsWith('/t')) continue;
        if (header.type === 'hardlink') links.set(path, parseImagePath(header.linkName));
        const entry = { ...header, kind: header.type, path, target: header.linkName } as unknown as Entry;
        shown.push(describeEntry(entry, header.type === 'file' ? hash.digest('hex') : undefined));
      }
      expect(links.size).toBe(0);
      const ours = await describeTree(await buildFileTree(image));
      const byPath = (list: readonly (readonly unknown[])[]) =>
        new Map(list.map((entry) => [entry[0], entry]));
      expect(byPath(shown)).toEqual(byPath(ours));
    } finally {
      docker('rm', container);
    }
  });
});

describe('what the engine saves', () => {
  it('is opened from a file and from a stream, and is the image that was loaded', async () => {
    const saved = hostPath(join(directory, 'saved.tar'));
    docker('save', '--output', saved, tag);
    await using fromFile = await openDockerArchive(saved);
    const child = spawn('docker', ['save', tag], { stdio: ['ignore', 'pipe', 'inherit'] });
    await using fromStream = await spoolDockerArchive(child.stdout, hostPath(directory));
    for (const opened of [fromFile, fromStream]) {
      expect(opened.configDigest).toBe(image.configDigest);
      expect(await describeTree(await buildFileTree(opened))).toEqual(
        await describeTree(await buildFileTree(image)),
      );
    }
  });
});
