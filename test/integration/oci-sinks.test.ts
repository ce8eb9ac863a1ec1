import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  buildFileTree,
  type Entry,
  type FileTree,
  hostPath,
  type Image,
  layerFromTree,
  makeImage,
  openDockerArchive,
  openOciLayout,
  openTarLayer,
  parseImagePath,
  readTar,
  validateImage,
  writeDockerArchive,
  writeOciLayout,
  writeTar,
} from '@pare/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const tag = `pare-test-oci:sinks-${process.pid}`;
const run = (program: string, ...argv: string[]): string =>
  execFileSync(program, argv, { encoding: 'utf8' }).trim();

let directory = '';
let image: Image;
let archive = '';
let layout = '';

/** `cap_net_raw=ep`, version 2 (capabilities(7), "File capabilities"; linux/capability.h). */
const capability = Buffer.from('0100000200200000000000000000000000000000', 'hex');

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-oci-sinks-'));
  const tree = await buildFileTree(makeImage({ reference: tag, config, layers: [await fatLayer()] }));
  const paths = [...tree.entries()].map(({ path }) => path).filter((path) => path !== '/');
  const slim = await layerFromTree(tree, paths, hostPath(join(directory, 'slim.tar')));
  image = makeImage({ reference: tag, config, layers: [slim] });
  archive = join(directory, 'archive.tar');
  await pipeline(writeDockerArchive(image, [tag]), createWriteStream(archive));
  layout = join(directory, 'layout');
  await writeOciLayout(image, hostPath(layout), 'slim');
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

const config = {
  architecture: 'amd64',
  os: 'linux',
  config: {
    Cmd: ['/bin/none'],
    User: '1000:1000',
    Labels: { 'dev.pare.test': 'oci-sinks' },
    ExposedPorts: { '80/tcp': {} },
  },
  rootfs: { type: 'layers', diff_ids: [] },
  history: [{ created_by: 'pare' }],
} as const;

async function fatLayer() {
  const metadata = {
    mode: 0o755,
    uid: 0,
    gid: 0,
    mtime: { seconds: 1_600_000_000, nanoseconds: 0 },
    xattrs: new Map(),
  };
  const file = (path: string, content: string, more: Partial<Entry>) => ({
    entry: {
      ...metadata,
      ...more,
      kind: 'file' as const,
      path: parseImagePath(path),
      sizeBytes: content.length,
    },
    content: text(content),
  });
  const members = [
    file('/bin/ping', 'ping', { xattrs: new Map([['security.capability', capability]]), gid: 5 }),
    {
      entry: {
        ...metadata,
        kind: 'hardlink' as const,
        path: parseImagePath('/bin/ping6'),
        target: parseImagePath('/bin/ping'),
      },
    },
    file('/bin/su', 'su', { mode: 0o4755, uid: 1, gid: 2 }),
    file(`/srv/${'long/'.repeat(60)}name`, 'long', { mtime: { seconds: -5, nanoseconds: 500_000_000 } }),
    file('/srv/caf\udce9', 'latin', {}),
    {
      entry: {
        ...metadata,
        kind: 'symlink' as const,
        path: parseImagePath('/srv/link'),
        target: '../bin/su',
      },
    },
    { entry: { ...metadata, kind: 'directory' as const, mode: 0o1777, path: parseImagePath('/tmp') } },
    {
      entry: {
        ...metadata,
        kind: 'char-device' as const,
        mode: 0o666,
        path: parseImagePath('/dev/null2'),
        major: 1,
        minor: 3,
      },
    },
  ];
  const path = join(directory, 'fat.tar');
  await pipeline(writeTar(members), createWriteStream(path));
  const diffId = `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}` as const;
  return openTarLayer({ diffId, file: hostPath(path) });
}

async function* text(content: string) {
  yield Buffer.from(content);
}

function describeTree(tree: FileTree): readonly unknown[] {
  return [...tree.entries()].map((entry) => {
    const { layer: _layer, ...rest } = entry;
    return 'content' in rest ? { ...rest, content: undefined } : rest;
  });
}

async function sameTree(other: Image): Promise<void> {
  expect(describeTree(await buildFileTree(other))).toEqual(describeTree(await buildFileTree(image)));
}

describe('what we write', () => {
  it('is valid', async () => {
    expect(await validateImage(image)).toEqual([]);
    await using fromArchive = await openDockerArchive(hostPath(archive));
    expect(await validateImage(fromArchive)).toEqual([]);
    await using fromLayout = await openOciLayout(hostPath(layout), 'slim');
    expect(await validateImage(fromLayout)).toEqual([]);
    expect(fromLayout.configDigest).toBe(image.configDigest);
  });

  it('loads in docker with owners, modes, hardlinks and the capabilities of every hardlink', async () => {
    run('docker', 'load', '--quiet', '--input', archive);
    let container = '';
    try {
      expect(run('docker', 'image', 'inspect', '--format', '{{.Id}}', tag)).toBe(image.configDigest);
      container = run('docker', 'create', '--label', 'dev.pare.test=oci-sinks', tag);
      const file = join(directory, 'export.tar');
      run('docker', 'export', '--output', file, container);
      const seen = new Map<string, unknown>();
      for await (const { header } of readTar(createReadStream(file))) {
        const { type, mode, uid, gid, xattrs } = header;
        seen.set(header.name, {
          type,
          mode,
          uid,
          gid,
          capability: Buffer.from(xattrs.get('security.capability') ?? []),
        });
      }
      const names = [seen.get('bin/ping'), seen.get('bin/ping6')] as { readonly type: string }[];
      expect(names.map(({ type }) => type).sort()).toEqual(['file', 'hardlink']);
      expect(seen.get('bin/ping')).toMatchObject({ mode: 0o755, gid: 5, capability });
      expect(seen.get('bin/su')).toMatchObject({ mode: 0o4755, uid: 1, gid: 2 });
      expect(seen.get('srv/caf\udce9')).toMatchObject({ type: 'file' });
      expect(seen.get('tmp/')).toMatchObject({ mode: 0o1777 });
      expect(seen.get('dev/null2') ?? seen.get('dev/')).toBeDefined();
    } finally {
      if (container !== '') run('docker', 'rm', container);
      run('docker', 'image', 'rm', tag);
    }
  });

  it('loads in docker without a tag', async () => {
    const file = join(directory, 'untagged.tar');
    const other = makeImage({ reference: tag, config: { ...config, author: tag }, layers: image.layers });
    await pipeline(writeDockerArchive(other, []), createWriteStream(file));
    try {
      expect(run('docker', 'load', '--input', file)).toBe(`Loaded image ID: ${other.configDigest}`);
    } finally {
      run('docker', 'image', 'rm', other.configDigest);
    }
  });

  it('is copied by skopeo from the archive and from the layout, and what skopeo writes is read back', async () => {
    const copied = join(directory, 'skopeo-layout');
    run('skopeo', '--insecure-policy', 'copy', `docker-archive:${archive}`, `oci:${copied}:one`);
    run('skopeo', '--insecure-policy', 'copy', `oci:${layout}:slim`, `oci:${copied}:two`);
    for (const name of ['one', 'two']) {
      await using opened = await openOciLayout(hostPath(copied), name);
      await sameTree(opened);
      expect(await validateImage(opened)).toEqual([]);
    }
    await expect(openOciLayout(hostPath(copied), 'three')).rejects.toMatchObject({ code: 'not-found' });
    const back = join(directory, 'skopeo-archive.tar');
    run('skopeo', '--insecure-policy', 'copy', `oci:${copied}:two`, `docker-archive:${back}:${tag}`);
    await using opened = await openDockerArchive(hostPath(back), { reference: `docker.io/library/${tag}` });
    await sameTree(opened);
  });

  it('is unpacked by umoci to the same files', () => {
    const bundle = join(directory, 'bundle');
    run('umoci', 'unpack', '--image', `${layout}:slim`, bundle);
    expect(readdirSync(join(bundle, 'rootfs')).sort()).toEqual(['bin', 'dev', 'srv', 'tmp']);
    const stat = (name: string) => run('stat', '--format', '%a %u %g %h', join(bundle, 'rootfs', name));
    expect([stat('bin/ping'), stat('bin/ping6'), stat('bin/su'), stat('tmp')]).toEqual([
      '755 0 5 2',
      '755 0 5 2',
      '4755 1 2 1',
      '1777 0 0 2',
    ]);
  });

  it('replaces an image of the same name in a layout and keeps the others', async () => {
    const other = makeImage({ reference: tag, config: { ...config, author: 'other' }, layers: image.layers });
    await writeOciLayout(other, hostPath(layout), 'other');
    await writeOciLayout(image, hostPath(layout), 'slim');
    await using one = await openOciLayout(hostPath(layout), 'other');
    expect(one.config.author).toBe('other');
    await using two = await openOciLayout(hostPath(layout), 'slim');
    expect(two.configDigest).toBe(image.configDigest);
    expect(readdirSync(layout).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  });
});
