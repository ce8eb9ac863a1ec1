import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestHex, digestOf } from '../formats/digest.ts';
import { canonicalJson } from '../formats/json-shape.ts';
import { writeTar } from '../formats/tar/tar-writer.ts';
import type { Image } from '../model/image.ts';
import { type HostPath, hostPath } from '../model/path.ts';
import { writeDockerArchive } from '../sinks/docker-archive.ts';
import { writeOciLayout } from '../sinks/oci-layout.ts';
import {
  at,
  bytesOf,
  type EntryDraft,
  imageOf,
  layerOf,
  memberOf,
  oneChunk,
} from '../testing/memory-layer.ts';
import { buildFileTree } from '../tree/build-file-tree.ts';
import { validateImage } from '../validate/validate-image.ts';
import { openDockerArchive, spoolDockerArchive } from './docker-archive.ts';
import { openOciLayout } from './oci-layout.ts';

let directory = '';
let spool = '';
let image: Image;
let layerTars: Buffer[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-archive-'));
  spool = join(directory, 'spool');
  mkdirSync(spool);
  image = imageOf(
    await layerOf({ '/a': { kind: 'file', content: 'first' }, '/b': { kind: 'file', content: 'b' } }),
    await layerOf({ '/a': { kind: 'file', content: 'second' }, '/.wh.b': { kind: 'file' } }),
  );
  layerTars = await Promise.all(image.layers.map((layer) => bytesOf(layer.tar())));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

let made = 0;
function write(bytes: Uint8Array): HostPath {
  made += 1;
  const path = join(directory, `${made}.tar`);
  writeFileSync(path, bytes);
  return hostPath(path);
}
const open = async (bytes: Uint8Array, reference?: string): Promise<Image> =>
  await openDockerArchive(write(bytes), {
    spoolDirectory: hostPath(spool),
    ...(reference === undefined ? {} : { reference }),
  });
const archiveOf = async (members: Readonly<Record<string, EntryDraft>>): Promise<Buffer> =>
  await bytesOf(writeTar(Object.entries(members).map(([name, draft]) => memberOf(name, draft))));
const file = (content: string | Uint8Array): EntryDraft => ({ kind: 'file', content });
const manifestOf = (layers: readonly string[], tags: readonly string[] | null = null) =>
  file(JSON.stringify([{ Config: 'config.json', RepoTags: tags, Layers: layers }]));

async function expectImage(opened: Image): Promise<void> {
  await using held = opened;
  expect(held.configDigest).toBe(image.configDigest);
  const tree = await buildFileTree(held);
  expect([...tree.entries()].map(({ path }) => path)).toEqual(['/', '/a']);
  const entry = tree.get(at('/a'));
  expect(entry?.kind === 'file' && Buffer.from(await tree.read(entry)).toString()).toBe('second');
  expect(await validateImage(held)).toEqual([]);
}

describe('openDockerArchive', () => {
  it('opens what writeDockerArchive writes, and that is the same each time', async () => {
    const bytes = await bytesOf(writeDockerArchive(image, ['x:1']));
    expect(bytes.equals(await bytesOf(writeDockerArchive(image, ['x:1'])))).toBe(true);
    const opened = await open(bytes);
    expect(opened.reference).toBe('x:1');
    await expectImage(opened);
  });

  it('opens an archive that is compressed as a whole', async () => {
    await expectImage(await open(gzipSync(await bytesOf(writeDockerArchive(image, [])))));
  });

  it('opens the old layout, whose layers may be links to each other, and gzip layers', async () => {
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = layerTars;
    await expectImage(
      await open(
        await archiveOf({
          '/real/layer.tar': file(first),
          '/one/layer.tar': { kind: 'symlink', target: '../real/layer.tar' },
          '/packed': file(gzipSync(second)),
          '/two/layer.tar': { kind: 'hardlink', target: '/packed' },
          '/config.json': file(image.rawConfig),
          '/manifest.json': manifestOf(['one/layer.tar', 'two/layer.tar']),
        }),
      ),
    );
    expect(readdirSync(spool)).toEqual([]);
  });

  it('opens an OCI layout in a tar', async () => {
    const blob = (bytes: Uint8Array): [string, EntryDraft] => [
      `/blobs/sha256/${digestHex(digestOf(bytes))}`,
      file(bytes),
    ];
    const layers = layerTars.map((tar) => ({
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest: digestOf(tar),
      size: tar.length,
    }));
    const manifest = canonicalJson({
      schemaVersion: 2,
      config: { digest: image.configDigest, size: image.rawConfig.length },
      layers,
    });
    const index = canonicalJson({ manifests: [{ digest: digestOf(manifest), size: manifest.length }] });
    const blobs = Object.fromEntries([...layerTars, image.rawConfig, manifest].map(blob));
    await expectImage(
      await open(await archiveOf({ ...blobs, '/index.json': file(index), '/oci-layout': file('{}') })),
    );
  });

  it('chooses among several images by tag', async () => {
    const [first = Buffer.alloc(0)] = layerTars;
    const other = imageOf(await layerOf({}));
    const manifests = [
      { Config: 'other.json', RepoTags: ['other:1'], Layers: ['other.tar'] },
      { Config: 'config.json', RepoTags: ['mine:1', 'mine:2'], Layers: ['a.tar', 'b.tar'] },
    ];
    const bytes = await archiveOf({
      '/manifest.json': file(JSON.stringify(manifests)),
      '/config.json': file(image.rawConfig),
      '/other.json': file(other.rawConfig),
      '/a.tar': file(first),
      '/b.tar': file(layerTars[1] ?? ''),
      '/other.tar': file(await bytesOf(other.layers[0]?.tar() ?? oneChunk(Buffer.alloc(0)))),
    });
    await expectImage(await open(bytes, 'mine:2'));
    await expect(open(bytes, 'no:1')).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    ['is empty', {}, 'not-an-image'],
    ['has other files', { '/readme': file('x') }, 'not-an-image'],
    ['was saved by an ancient Docker', { '/repositories': file('{}') }, 'unsupported'],
    ['has a manifest that is no JSON', { '/manifest.json': file('[') }, 'corrupt'],
    ['has a manifest that is no list', { '/manifest.json': file('{}') }, 'corrupt'],
    ['has no image', { '/manifest.json': file('[]') }, 'not-found'],
    ['lacks its config', { '/manifest.json': manifestOf([]) }, 'not-found'],
    [
      'has a link to itself',
      { '/manifest.json': { kind: 'symlink', target: 'manifest.json' } as const },
      'not-an-image',
    ],
    [
      'has a name that climbs',
      { '/manifest.json': { kind: 'hardlink', target: '/x' } as const },
      'not-an-image',
    ],
  ])('refuses an archive that %s', async (_what, members, code) => {
    await expect(open(await archiveOf(members))).rejects.toMatchObject({ code });
  });

  it('refuses layers that are missing, too few, or not what the config says', async () => {
    const rest = { '/config.json': file(image.rawConfig), '/a.tar': file(layerTars[0] ?? '') };
    await expect(
      open(await archiveOf({ ...rest, '/manifest.json': manifestOf(['a.tar', 'no.tar']) })),
    ).rejects.toMatchObject({ code: 'not-found' });
    await expect(
      open(await archiveOf({ ...rest, '/manifest.json': manifestOf(['a.tar']) })),
    ).rejects.toMatchObject({ code: 'corrupt' });
    await expect(
      open(await archiveOf({ ...rest, '/manifest.json': manifestOf(['a.tar', '../../etc/passwd']) })),
    ).rejects.toMatchObject({ code: 'not-found' });
    const wrong = await archiveOf({
      ...rest,
      '/b.tar': file(gzipSync(Buffer.from('other'))),
      '/manifest.json': manifestOf(['a.tar', 'b.tar']),
    });
    await using opened = await open(wrong);
    await expect(buildFileTree(opened)).rejects.toMatchObject({ code: 'digest-mismatch' });
    expect(await validateImage(opened)).toEqual([expect.stringContaining('does not unpack to')]);
  });

  it('refuses a truncated archive, and a file that is not there', async () => {
    const bytes = await bytesOf(writeDockerArchive(image, []));
    await expect(open(bytes.subarray(0, bytes.length - 3000))).rejects.toMatchObject({ code: 'truncated' });
    await expect(open(Buffer.from('no tar at all'))).rejects.toMatchObject({ code: 'truncated' });
    await expect(open(Buffer.alloc(600, 'no tar at all'))).rejects.toMatchObject({ code: 'corrupt' });
    await expect(openDockerArchive(hostPath(join(directory, 'no')))).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

describe('spoolDockerArchive', () => {
  it('opens a stream and leaves no name in the directory', async () => {
    const opened = await spoolDockerArchive(writeDockerArchive(image, []), hostPath(spool));
    expect(readdirSync(spool)).toEqual([]);
    await expectImage(opened);
  });

  it('leaves nothing behind when the stream fails', async () => {
    const failing = (async function* () {
      yield Buffer.alloc(10);
      throw new Error('the engine is gone');
    })();
    await expect(spoolDockerArchive(failing, hostPath(spool))).rejects.toThrow('the engine is gone');
    expect(readdirSync(spool)).toEqual([]);
  });
});

describe('an OCI layout', () => {
  const layout = (name: string): HostPath => hostPath(join(directory, name));

  it('is opened by name, by digest, or without either when it holds one image', async () => {
    await writeOciLayout(image, layout('layout'), 'mine');
    await expectImage(await openOciLayout(layout('layout'), 'mine'));
    await expectImage(await openOciLayout(layout('layout')));
    await writeOciLayout(imageOf(), layout('layout'), 'other');
    await expectImage(await openOciLayout(layout('layout'), 'mine'));
    await expect(openOciLayout(layout('layout'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(openOciLayout(layout('layout'), 'no')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('passes over attestations and goes into nested indexes', async () => {
    await writeOciLayout(image, layout('nested'), 'mine');
    const { readFileSync } = await import('node:fs');
    const own = JSON.parse(readFileSync(join(layout('nested'), 'index.json'), 'utf8')).manifests[0];
    const attestation = {
      ...own,
      digest: `sha256:${'0'.repeat(64)}`,
      platform: { os: 'unknown', architecture: 'unknown' },
    };
    const inner = canonicalJson({ manifests: [attestation, { ...own, annotations: {} }] });
    writeFileSync(join(layout('nested'), 'blobs/sha256', digestHex(digestOf(inner))), inner);
    const outer = {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest: digestOf(inner),
      annotations: { 'org.opencontainers.image.ref.name': 'deep' },
    };
    writeFileSync(join(layout('nested'), 'index.json'), canonicalJson({ manifests: [outer] }));
    await expectImage(await openOciLayout(layout('nested'), 'deep'));
  });

  it('is refused when it is none, or a blob is not what its digest says', async () => {
    await expect(openOciLayout(layout('none'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(openOciLayout(hostPath(spool))).rejects.toMatchObject({ code: 'not-an-image' });
    await writeOciLayout(image, layout('bad'), 'mine');
    writeFileSync(join(layout('bad'), 'blobs/sha256', digestHex(image.configDigest)), '{}');
    await expect(openOciLayout(layout('bad'))).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  it('is not written with a layer that is not what its diffID says', async () => {
    const [layer] = image.layers;
    const lying = { ...layer, tar: () => oneChunk(Buffer.alloc(1024)) } as (typeof image.layers)[number];
    await expect(writeOciLayout(imageOf(lying), layout('lying'), 'x')).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
    expect(readdirSync(directory).filter((name) => /lying|^\.pare-/.test(name))).toEqual([]);
    await writeOciLayout(image, layout('lied-to'), 'mine');
    const before = readdirSync(layout('lied-to'), { recursive: true }).sort();
    await expect(writeOciLayout(imageOf(lying), layout('lied-to'), 'x')).rejects.toThrow('digest');
    expect(readdirSync(layout('lied-to'), { recursive: true }).sort()).toEqual(before);
    expect(await validateImage(imageOf(lying))).toEqual([expect.stringContaining('has digest')]);
  });
});
