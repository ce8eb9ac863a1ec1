import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildFileTree,
  hostPath,
  type Image,
  openRegistry,
  parseRegistryReference,
  validateImage,
} from '@pare/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageSink } from '../../packages/pare/src/model/image-place.ts';
import { openPlainSource, type PlainSource } from '../../packages/pare/src/sources/open-source.ts';
import { parseImageSink } from '../../packages/pare/src/sources/parse-place.ts';
import { writePlainSink } from '../../packages/pare/src/sources/write-sink.ts';
import { openImageStore } from '../../packages/pare/src/store/image-store.ts';
import { type RealRegistry, startRegistry } from './registry/real-registry.ts';
import { describeTree, trickyImage } from './tricky-image.ts';

const run = (program: string, ...argv: string[]): string =>
  execFileSync(program, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
const tag = `pare-test-sources:trips-${process.pid}`;

let directory = '';
let registry: RealRegistry;
let image: Image;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-trips-'));
  registry = await startRegistry();
  image = await trickyImage(tag);
});
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const silent = {
  stage: () => ({ update: () => {}, done: () => {}, failed: () => {} }),
  note: () => {},
  warn: () => {},
};
const context = (signal = new AbortController().signal) => ({
  access: { insecureHosts: [] },
  architecture: 'amd64',
  temporaryDirectory: hostPath(directory),
  progress: silent,
  signal,
});
const plain = (sink: ImageSink): PlainSource => {
  if (sink.kind === 'named' || sink.kind === 'engine' || sink.kind === 'store') throw new Error('not plain');
  return sink;
};
const place = (text: string): PlainSource =>
  plain(parseImageSink(text.replace('DIR', directory).replace('HOST', registry.host)));

describe('an image that goes to a sink and comes back', () => {
  it.each([
    `docker-archive:DIR/archive.tar:${tag}`,
    'oci:DIR/layout:mine',
    'oci-archive:DIR/oci.tar:mine',
    'docker://HOST/trips/image:mine',
  ])('is the same by its digest, and every layer by its own: %s', async (text) => {
    await writePlainSink(image, place(text), context());
    await using back = await openPlainSource(place(text), context());
    expect(back.configDigest).toBe(image.configDigest);
    expect(back.rawConfig).toEqual(image.rawConfig);
    expect(await validateImage(back)).toEqual([]);
    expect(await describeTree(await buildFileTree(back))).toEqual(
      await describeTree(await buildFileTree(image)),
    );
  });

  it('keeps every file and what it runs as a directory, entry by entry, and twice gives the same image', async () => {
    await writePlainSink(image, place('rootfs:DIR/rootfs'), context());
    await using back = await openPlainSource(place('rootfs:DIR/rootfs'), context());
    expect(await describeTree(await buildFileTree(back))).toEqual(
      await describeTree(await buildFileTree(image)),
    );
    expect(back.config.config).toEqual(image.config.config);
    expect(run('getcap', join(directory, 'rootfs/bin/ping6'))).toContain('cap_net_raw');
    await using again = await openPlainSource(place('rootfs:DIR/rootfs'), context());
    expect(again.configDigest).toBe(back.configDigest);
    await writePlainSink(back, place('docker-archive:DIR/of-rootfs.tar'), context());
    await using archived = await openPlainSource(place('docker-archive:DIR/of-rootfs.tar'), context());
    expect(await validateImage(archived)).toEqual([]);
  });

  it('goes from registry to store to registry and keeps its manifest', async () => {
    const source = place('docker://HOST/trips/image:mine');
    const store = await openImageStore({
      cacheDirectory: hostPath(join(directory, 'cache')),
      root: hostPath(join(directory, 'store')),
    });
    await using pulled = await openPlainSource(source, context());
    const stored = await store.put(pulled, { tags: ['trips'] });
    await using opened = await store.open('trips');
    expect(await validateImage(opened)).toEqual([]);
    const written = await writePlainSink(opened, place('docker://HOST/trips/again:mine'), context());
    expect(written).toContain(stored.manifestDigest);
  });
});

describe('other tools take what we write', () => {
  it('docker', async () => {
    await writePlainSink(image, place(`docker-archive:DIR/docker.tar:${tag}`), context());
    run('docker', 'load', '--quiet', '--input', join(directory, 'docker.tar'));
    try {
      expect(run('docker', 'image', 'inspect', '--format', '{{.Id}}', tag)).toBe(image.configDigest);
    } finally {
      run('docker', 'image', 'rm', tag);
    }
  });

  it('podman, from a docker archive and from an OCI archive', async () => {
    const storage = [
      '--root',
      join(directory, 'podman'),
      '--runroot',
      join(directory, 'podman-run'),
      '--storage-driver',
      'vfs',
    ];
    const load = (archive: string) =>
      run('podman', ...storage, 'load', '--quiet', '--input', join(directory, archive));
    await writePlainSink(image, place(`docker-archive:DIR/podman.tar:${tag}`), context());
    await writePlainSink(image, place('oci-archive:DIR/podman-oci.tar:localhost/trips:oci'), context());
    try {
      expect(load('podman.tar')).toContain(tag);
      expect(load('podman-oci.tar')).toContain('Loaded image');
      const ids = run('podman', ...storage, 'images', '--no-trunc', '--quiet').split('\n');
      expect(new Set(ids)).toEqual(new Set([image.configDigest]));
    } finally {
      run('podman', ...storage, 'rmi', '--all', '--force');
    }
  });

  it('skopeo, from each of them, and it writes what we read', async () => {
    await writePlainSink(image, place('oci-archive:DIR/skopeo.tar:mine'), context());
    await writePlainSink(image, place('oci:DIR/skopeo-layout:mine'), context());
    await writePlainSink(image, place('docker://HOST/trips/skopeo:mine'), context());
    const sources = [
      `oci-archive:${join(directory, 'skopeo.tar')}:mine`,
      `oci:${join(directory, 'skopeo-layout')}:mine`,
      `docker://${registry.host}/trips/skopeo:mine`,
    ];
    for (const [at, source] of sources.entries()) {
      const copy = `docker://${registry.host}/trips/copy:${at}`;
      run(
        'skopeo',
        '--insecure-policy',
        'copy',
        '--quiet',
        '--src-tls-verify=false',
        '--dest-tls-verify=false',
        source,
        copy,
      );
      await using back = await openPlainSource(place(copy), context());
      expect(back.configDigest).toBe(image.configDigest);
      expect(await validateImage(back)).toEqual([]);
    }
  });

  it('umoci unpacks the layout', async () => {
    await writePlainSink(image, place('oci:DIR/umoci:mine'), context());
    run('umoci', 'unpack', '--image', `${join(directory, 'umoci')}:mine`, join(directory, 'bundle'));
    expect(readdirSync(join(directory, 'bundle/rootfs/etc'))).toEqual(['kept']);
    expect(run('stat', '--format', '%a %h', join(directory, 'bundle/rootfs/bin/ping6'))).toBe('755 2');
  });

  it('a registry takes it under its digest', async () => {
    const written = await writePlainSink(image, place('docker://HOST/trips/digest:mine'), context());
    const [, digest = ''] = written.split('@');
    using session = openRegistry(registry.host);
    const answer = await session.send({
      method: 'HEAD',
      path: `/v2/trips/digest/manifests/${digest}`,
      scopes: [],
      headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
      accept: [200],
      doing: 'looking',
      signal: undefined,
    });
    answer.discard();
    expect(parseRegistryReference(written.replace('docker://', '')).digest).toBe(digest);
  });
});

describe('a sink that cannot be filled', () => {
  const broken = (): Image => {
    const [first, ...rest] = image.layers;
    if (first === undefined) throw new Error('no layer');
    const lying = { ...first, tar: () => rest[0]?.tar() ?? first.tar(), blob: undefined };
    return { ...image, layers: [lying as never, ...rest] };
  };
  const snapshot = () => readdirSync(directory, { recursive: true }).map(String).sort();

  it.each([
    'docker-archive:DIR/broken.tar',
    'oci-archive:DIR/broken.tar',
    'oci:DIR/broken',
    'oci:DIR/not/there/broken',
    'docker://HOST/trips/broken:1',
  ])('has nothing of an image whose layer is not what its digest says: %s', async (text) => {
    const before = snapshot();
    await expect(writePlainSink(broken(), place(text), context())).rejects.toMatchObject({
      code: expect.stringMatching(/digest-mismatch|corrupt/),
    });
    expect(snapshot()).toEqual(before);
    await expect(openPlainSource(place(text), context())).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    'docker-archive:DIR/aborted.tar',
    'oci-archive:DIR/aborted.tar',
    'oci:DIR/aborted',
    'rootfs:DIR/aborted',
    'oci:DIR/not/there/aborted',
    'rootfs:DIR/not/there/aborted',
  ])('has nothing of an image when it is aborted midway: %s', async (text) => {
    const before = snapshot();
    const controller = new AbortController();
    const aborting = image.layers.map((layer) => ({
      ...layer,
      async *tar(signal?: AbortSignal) {
        controller.abort(new Error('enough'));
        signal?.throwIfAborted();
        yield* layer.tar(signal);
      },
      async *open(...args: Parameters<typeof layer.open>) {
        controller.abort(new Error('enough'));
        yield* layer.open(...args);
      },
    }));
    const work = writePlainSink({ ...image, layers: aborting }, place(text), context(controller.signal));
    await expect(work).rejects.toThrow('enough');
    expect(snapshot()).toEqual(before);
  });

  it('is not written over a directory with something in it', async () => {
    const before = snapshot();
    await expect(writePlainSink(image, place('rootfs:DIR/layout'), context())).rejects.toMatchObject({
      code: 'usage',
    });
    expect(snapshot()).toEqual(before);
  });
});

describe('a directory as a source', () => {
  it('is refused when a name in it means a removal in a layer', async () => {
    const root = mkdtempSync(join(directory, 'whiteout-'));
    writeFileSync(join(root, '.wh.passwd'), '');
    await expect(openPlainSource({ kind: 'rootfs', path: hostPath(root) }, context())).rejects.toMatchObject({
      code: 'image-invalid',
      message: expect.stringContaining('.wh.passwd'),
    });
    chmodSync(root, 0o700);
  });

  it('is refused when it is not there or a file', async () => {
    for (const path of ['/no/such/directory', '/etc/passwd'])
      await expect(
        openPlainSource({ kind: 'rootfs', path: hostPath(path) }, context()),
      ).rejects.toMatchObject({
        code: 'image-not-found',
      });
  });
});
