import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildFileTree,
  hostPath,
  type Image,
  openDockerArchive,
  openOciArchive,
  openOciLayout,
  openRegistry,
  openRegistryImage,
  parseRegistryReference,
  validateImage,
  writeDockerArchive,
  writeOciLayout,
} from '@pare/oci';
import { docker, type PodmanService, type RealEngine, realEngine, startPodman } from '@pare/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectEngine } from '../../packages/pare/src/engine/detect.ts';
import type { ContainerEngine } from '../../packages/pare/src/ports/container-engine.ts';
import { type RealRegistry, startRegistry } from './registry/real-registry.ts';
import { describeTree, trickyImage } from './tricky-image.ts';

const tag = `localhost/pare-test-trips:engine-${process.pid}`;
let directory = '';
let image: Image;
let wanted: readonly unknown[];
let real: RealEngine;
let podman: PodmanService;
let podmanEngine: ContainerEngine;
let registry: RealRegistry;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-engine-trips-'));
  image = await trickyImage(tag);
  wanted = await describeTree(await buildFileTree(image));
  registry = await startRegistry();
  real = await realEngine();
  podman = await startPodman();
  const here = hostPath(directory);
  podmanEngine = await detectEngine({
    ...{ engine: 'podman', host: podman.address, runId: `test.${process.pid}.trips` },
    ...{ cacheDirectory: here, temporaryDirectory: here },
  });
});
afterAll(async () => {
  await podmanEngine?.[Symbol.asyncDispose]();
  await podman?.[Symbol.asyncDispose]();
  await real?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** Entry by entry, with contents, xattrs and hardlinks; each layer by its own digest, the config by its. */
async function expectSame(other: Image): Promise<void> {
  expect(other.configDigest).toBe(image.configDigest);
  await expectSameFiles(other);
}
async function expectSameFiles(other: Image): Promise<void> {
  expect(await validateImage(other)).toEqual([]);
  expect(await describeTree(await buildFileTree(other))).toEqual(wanted);
}
const file = (name: string) => join(directory, name);
const fromRegistry = async (name: string): Promise<void> => {
  using session = openRegistry(registry.host);
  const reference = parseRegistryReference(`${registry.host}/${name}`);
  await using back = await openRegistryImage(session, reference, { spoolDirectory: hostPath(directory) });
  await expectSame(back);
};

describe('an image that is stored in an engine and read from it', () => {
  const throughEngine = async (engine: ContainerEngine): Promise<void> => {
    const id = await engine.storeImage(writeDockerArchive(image, []));
    try {
      expect(id).toBe(image.configDigest);
      await using back = await engine.openImage(id);
      await expectSame(back);
      expect(back.rawConfig).toEqual(image.rawConfig);
    } finally {
      await engine.removeUntaggedImage(id);
    }
    expect(await engine.hasImage(id)).toBe(false);
  };

  it('is the same from Docker', () => throughEngine(real.engine));
  it('is the same from Podman', () => throughEngine(podmanEngine));

  it('is the same from what docker saves and pushes', async () => {
    const name = `${registry.host}/trips/docker:1`;
    await real.engine.storeImage(writeDockerArchive(image, []));
    try {
      await docker(['tag', image.configDigest, name]);
      await docker(['save', '--output', file('docker-saved.tar'), name]);
      await docker(['push', '--quiet', name]);
    } finally {
      await docker(['image', 'rm', name]);
    }
    await using saved = await openDockerArchive(hostPath(file('docker-saved.tar')));
    await expectSame(saved);
    await fromRegistry('trips/docker:1');
  });

  it('is the same from what podman saves and pushes, in each of its formats', async () => {
    await podmanEngine.storeImage(writeDockerArchive(image, []));
    await podmanEngine.tagImage(image.configDigest, tag);
    await podman.podman('save', '--quiet', '--format', 'docker-archive', '--output', file('podman.tar'), tag);
    await podman.podman(
      'save',
      '--quiet',
      '--format',
      'oci-archive',
      '--output',
      file('podman-oci.tar'),
      tag,
    );
    const to = `docker://${registry.host}/trips/podman:1`;
    await podman.podman('push', '--quiet', '--tls-verify=false', tag, to);
    await podman.podman('rmi', tag);
    await using archived = await openDockerArchive(hostPath(file('podman.tar')));
    await expectSame(archived);
    await using oci = await openOciArchive(hostPath(file('podman-oci.tar')));
    await expectSameFiles(oci);
    // Podman writes a config of its own there, in which there is no place for a health check.
    const { Healthcheck: _lost, ...kept } = image.config.config;
    expect(oci.config.config).toEqual(kept);
    await fromRegistry('trips/podman:1');
  });
});

describe('an image that another tool has changed', () => {
  it('has what umoci added, and all else as it was', async () => {
    const layout = file('umoci');
    await writeOciLayout(image, hostPath(layout), 'mine');
    const bundle = file('bundle');
    const umoci = (...args: readonly string[]) => execFileSync('umoci', args, { stdio: 'pipe' });
    umoci('unpack', '--image', `${layout}:mine`, bundle);
    execFileSync('sh', ['-c', 'echo added >"$1/added"', 'sh', join(bundle, 'rootfs/srv')]);
    umoci('repack', '--image', `${layout}:more`, bundle);
    await using back = await openOciLayout(hostPath(layout), 'more');
    expect(await validateImage(back)).toEqual([]);
    const paths = (entries: readonly unknown[]) => entries.map((entry) => (entry as { path: string }).path);
    const seen = await describeTree(await buildFileTree(back));
    expect(paths(seen).filter((path) => !paths(wanted).includes(path))).toEqual(['/srv/added']);
    // The directory has got a new time.
    const others = (entries: readonly unknown[]) =>
      entries.filter((entry) => !['/srv', '/srv/added'].includes((entry as { path: string }).path));
    expect(others(seen)).toEqual(others(wanted));
  });
});
