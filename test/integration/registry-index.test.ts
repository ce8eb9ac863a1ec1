import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  canonicalJson,
  hostPlatform,
  type Image,
  openRegistry,
  openRegistryImage,
  type Platform,
  parsePlatform,
  parseRegistryReference,
  pushImage,
  validateImage,
} from '@pare/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, type FaultBench, openFaultBench } from './registry/fault-bench.ts';
import { noiseImage } from './registry/noise-image.ts';

const platforms = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/arm/v6'] as const;
let bench: FaultBench;
const images = new Map<string, Image>();
const manifests = new Map<string, { readonly digest: string; readonly size: number }>();
let indexDigest = '';

const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
};
const session = () => openRegistry(bench.proxy.host, { clock: bench.clock });
const named = (name: string) => parseRegistryReference(`${bench.proxy.host}/${name}`);

async function putIndex(tag: string, entries: readonly object[]): Promise<string> {
  const bytes = canonicalJson({ schemaVersion: 2, mediaType: mediaTypes.index, manifests: entries });
  using registry = session();
  const answer = await registry.send({
    ...{ method: 'PUT', path: `/v2/index/app/manifests/${tag}`, scopes: [], accept: [201] },
    headers: { 'content-type': mediaTypes.index },
    body: {
      lengthBytes: bytes.length,
      async *open() {
        yield bytes;
      },
    },
    doing: 'storing an index',
    signal: undefined,
  });
  answer.discard();
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function entryOf(platform: string): object {
  const [os, architecture, variant] = platform.split('/');
  const found = { os, architecture, ...(variant === undefined ? {} : { variant }) };
  return { mediaType: mediaTypes.manifest, ...manifests.get(platform), platform: found };
}

beforeAll(async () => {
  bench = await openFaultBench();
  using registry = session();
  for (const platform of platforms) {
    const image = await noiseImage(2, 20_000, platform.split('/')[1]);
    const tag = platform.replaceAll('/', '-');
    const target = named(`index/app:${tag}`);
    const digest = await pushImage(registry, target, image, { spoolDirectory: bench.directory });
    await using pulled = await openRegistryImage(registry, target, { spoolDirectory: bench.directory });
    images.set(platform, image);
    manifests.set(platform, { digest, size: pulled.rawManifest.length });
  }
  const attestation = {
    ...entryOf('linux/amd64'),
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: { 'vnd.docker.reference.type': 'attestation-manifest' },
  };
  indexDigest = await putIndex('all', [attestation, ...platforms.toReversed().map(entryOf)]);
});
beforeEach(() => bench.reset());
afterAll(() => bench?.[Symbol.asyncDispose]());

async function pull(name: string, platform?: string): Promise<string> {
  using registry = session();
  const wanted: Platform | undefined = platform === undefined ? undefined : parsePlatform(platform);
  await using pulled = await openRegistryImage(registry, named(name), {
    spoolDirectory: bench.directory,
    ...(wanted === undefined ? {} : { platform: wanted }),
  });
  await pulled.fetchLayers();
  expect(await validateImage(pulled)).toEqual([]);
  return pulled.configDigest;
}

describe('an index of images for several platforms', () => {
  it.each([...platforms])('gives the image that was asked for: %s', async (platform) => {
    for (const name of ['index/app:all', `index/app@${indexDigest}`])
      expect(await pull(name, platform)).toBe(images.get(platform)?.configDigest);
  });

  it('gives this machine’s when nothing is said, and the newest variant of several', async () => {
    const { architecture } = hostPlatform();
    expect(await pull('index/app:all')).toBe(images.get(`linux/${architecture}`)?.configDigest);
    expect(await pull('index/app:all', 'linux/arm')).toBe(images.get('linux/arm/v7')?.configDigest);
  });

  it('gives what skopeo takes of it', async () => {
    for (const platform of ['amd64', 'arm64']) {
      const config = execFileSync(
        'skopeo',
        ['--override-arch', platform, 'inspect', '--config', '--raw', '--tls-verify=false'].concat(
          `docker://${bench.registry.host}/index/app:all`,
        ),
      );
      const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
      expect(await pull('index/app:all', `linux/${platform}`)).toBe(digest);
    }
  });

  it('is refused where it has nothing for the platform, with what it has', async () => {
    expect(await errorOf(pull('index/app:all', 'linux/s390x'))).toMatchObject({
      code: 'foreign-platform',
      message: expect.stringMatching(/linux\/arm\/v6.*linux\/amd64/),
    });
  });

  it('gives nothing of a manifest that is another than the index says', async () => {
    const wanted = manifests.get('linux/arm64')?.digest ?? '';
    bench.proxy.rule = ({ url }) => (url?.includes(wanted) === true ? { kind: 'corrupt' } : undefined);
    expect(await errorOf(pull('index/app:all', 'linux/arm64'))).toMatchObject({ code: 'digest-mismatch' });
    const isIndex = (url: string | undefined) => url?.endsWith('/manifests/all') === true;
    bench.proxy.rule = ({ url }) => (isIndex(url) ? { kind: 'corrupt' } : undefined);
    expect(await errorOf(pull('index/app:all', 'linux/arm64'))).toMatchObject({ code: 'digest-mismatch' });
  });

  it('is refused where it leads to another index', async () => {
    const size = canonicalJson({}).length;
    const inner = { mediaType: mediaTypes.index, digest: indexDigest, size };
    await putIndex('nested', [{ ...inner, platform: { os: 'linux', architecture: 'arm64' } }]);
    expect(await errorOf(pull('index/app:nested', 'linux/arm64'))).toMatchObject({ code: 'unsupported' });
  });
});
