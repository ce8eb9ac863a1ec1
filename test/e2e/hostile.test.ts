import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { digestOf, hostPath, makeImage, openDockerArchive, writeDockerArchive } from '@pare/oci';
import { docker, testBase } from '@pare/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { imageOf, layerOf } from '../../packages/oci/src/testing/memory-layer.ts';
import {
  bombBlob,
  imageOfTar,
  manyFiles,
  runShell,
  tarWithName,
} from '../integration/store/hostile-image.ts';
import { openScratch, runPare } from './pare-command.ts';

/** Images that somebody made to do harm, through `pare build` on the embedded engine. */
let directory = '';
const at = (name: string) => join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-hostile-'));
  await mkdir(at('outside'));
  await writeFile(at('outside/kept'), 'kept');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Builds on the embedded engine with a store of its own, which is empty afterwards but for the image itself. */
async function build(archive: string, environment: NodeJS.ProcessEnv = {}) {
  await using scratch = await openScratch();
  const data = at(`data-${archive}`);
  const ended = await runPare(
    [
      ...['--json', '--engine', 'embedded', 'build', '--keep', 'observed', '--exec', 'perl -e 1'],
      ...['--artifacts', scratch.artifacts, '--to', `docker-archive:${at(`slim-${archive}`)}`],
      `docker-archive:${at(archive)}`,
    ],
    scratch,
    { XDG_DATA_HOME: data, ...environment },
  );
  const left = await Promise.all(
    ['store/tmp', 'store/leases', 'store/blobs/sha256', 'engine/c', 'engine/volumes'].map((place) =>
      readdir(join(data, 'pare', place)).catch(() => []),
    ),
  );
  expect(left.flat(), ended.stderr).toEqual([]);
  expect(await readdir(at('outside'))).toEqual(['kept']);
  expect(await stat(at('outside/kept'))).toMatchObject({ size: 4, nlink: 1 });
  return ended;
}

/** A docker archive of one layer as it is, whatever it claims. */
async function archiveOf(name: string, layer: string, diffId: string): Promise<void> {
  const place = at(`${name}.d`);
  await mkdir(place);
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['/x'] },
    rootfs: { type: 'layers', diff_ids: [diffId] },
  };
  await writeFile(join(place, 'config.json'), JSON.stringify(config));
  await writeFile(
    join(place, 'manifest.json'),
    JSON.stringify([{ Config: 'config.json', RepoTags: ['hostile:1'], Layers: ['layer.tar'] }]),
  );
  await runShell(
    `mv '${layer}' layer.tar && tar -cf '../${name}' manifest.json config.json layer.tar`,
    place,
  );
}

test('an image whose links, names, devices and sparse files lead out of it is slimmed, and nothing is written outside', async () => {
  await docker(['save', '--output', at('base.tar'), testBase()]);
  await using base = await openDockerArchive(hostPath(at('base.tar')));
  const outside = at('outside');
  const hostile = await layerOf([
    ['/srv/a', { kind: 'symlink', target: outside }],
    ['/srv/a/new', { kind: 'file', content: 'escaped' }],
    ['/srv/b', { kind: 'symlink', target: `${'../'.repeat(20)}${outside.slice(1)}` }],
    ['/srv/b/kept', { kind: 'file', content: 'escaped' }],
    ['/srv/hard', { kind: 'hardlink', target: '/srv/a/kept' }],
    ['/srv/dir', { kind: 'directory' }],
    ['/srv/dir', { kind: 'symlink', target: outside }],
    ['/srv/dir/later', { kind: 'file', content: 'escaped' }],
    ['/srv/twice', { kind: 'file', content: 'one' }],
    ['/srv/twice', { kind: 'file', content: 'two' }],
    ['/srv/disk', { kind: 'block-device', major: 8, minor: 0 }],
    [`${outside}/absolute`, { kind: 'file', content: 'inside' }],
  ]);
  await runShell(
    'truncate -s 10G huge && tar --sparse --format=posix -cf sparse.tar huge && rm huge',
    directory,
  );
  await using sparse = await imageOfTar(at('sparse.tar'));
  await using upper = imageOf(hostile);
  const image = makeImage({
    reference: 'hostile',
    config: { ...base.config, config: { ...base.config.config, Cmd: ['perl', '-e', 'print 1'] } },
    layers: [...base.layers, ...upper.layers, ...sparse.layers],
  });
  await pipeline(writeDockerArchive(image, ['hostile:1']), createWriteStream(at('links.tar')));
  const { code, stderr } = await build('links.tar');
  expect(code, stderr).toBe(0);
  expect((await stat(at('slim-links.tar'))).size).toBeLessThan(100_000_000);
});

test('a layer that unfolds without end, and one with names that climb, are refused with the reason', async () => {
  await writeFile(at('bomb.gz'), bombBlob());
  await archiveOf('bomb.tar', at('bomb.gz'), digestOf(Buffer.from('whatever')));
  const bomb = await build('bomb.tar');
  expect(bomb.code, bomb.stderr).toBe(13);
  expect(bomb.stderr).toContain('times its size');
  const climbing = tarWithName('../../escape');
  await writeFile(at('climbing'), climbing);
  await archiveOf('climbing.tar', at('climbing'), digestOf(climbing));
  const climbed = await build('climbing.tar');
  expect(climbed.code, climbed.stderr).toBe(13);
  expect(climbed.stderr).toContain('..');
});

test('a layer of more tiny files than there is memory for is refused, and the memory does not run out', async () => {
  const digest = await manyFiles(at('many'), 100_000);
  await archiveOf('many.tar', at('many'), digest);
  const { code, stderr } = await build('many.tar', { NODE_OPTIONS: '--max-old-space-size=256' });
  expect(code, stderr).toBe(13);
  expect(stderr).toContain('max-old-space-size');
});

// With Node's usual heap. It takes minutes where there is room for a million.
if (process.env.PARE_TEST_MILLION === '1') {
  test('a layer of a million tiny files is refused with the reason, or read', async () => {
    const digest = await manyFiles(at('million'), 1_000_000);
    await archiveOf('million.tar', at('million'), digest);
    const { code, stderr } = await build('million.tar');
    // Neither its program nor a shell is there: that is what is found where there was room (NODE_OPTIONS=--max-old-space-size=9216).
    expect(stderr).toMatch(code === 13 ? /max-old-space-size/ : /could not be started|has no \/bin\/sh/);
  });
}
