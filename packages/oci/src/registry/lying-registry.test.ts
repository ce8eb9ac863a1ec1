import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../formats/digest.ts';
import { canonicalJson, type JsonObject } from '../formats/json-shape.ts';
import { hostPath } from '../model/path.ts';
import { bytesOf, imageOf, layerOf } from '../testing/memory-layer.ts';
import { openRegistryImage } from './pull-image.ts';
import { pushImage } from './push-image.ts';
import { openRegistry } from './registry.ts';
import { parseRegistryReference } from './registry-reference.ts';

/** Answers a request, or leaves it to an honest registry of one image by `undefined`. */
type Lie = (request: IncomingMessage, response: ServerResponse) => boolean;

const OCI = 'application/vnd.oci.image';
let server: Server;
let lie: Lie;
/** Whether it wants a token of everybody. */
let challenges: boolean;
let host: string;
let spool: string;
beforeEach(async () => {
  lie = () => false;
  challenges = false;
  server = createServer((request, response) => {
    if (request.url === '/v2/' && !challenges) response.end();
    else if (!lie(request, response)) response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  spool = mkdtempSync(join(tmpdir(), 'pare-lying-'));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  expect(readdirSync(spool)).toEqual([]);
  rmSync(spool, { recursive: true });
});

/** The documents and the layer of a small image, some of them changed. */
async function imageParts(change: { config?: JsonObject; manifest?: JsonObject; layerType?: string } = {}) {
  const [layer] = imageOf(await layerOf({ '/a': { kind: 'file', content: 'a' } })).layers;
  if (layer === undefined) throw new Error('no layer');
  const tar = await bytesOf(layer.tar());
  const config = canonicalJson({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [layer.diffId] },
    ...change.config,
  });
  const mediaType = change.layerType ?? `${OCI}.layer.v1.tar`;
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: { mediaType: `${OCI}.config.v1+json`, digest: digestOf(config), size: config.length },
    layers: [{ mediaType, digest: digestOf(tar), size: tar.length }],
    ...change.manifest,
  });
  return { tar, config, manifest };
}

/** Serves these under their digests, and the manifest under every name. */
function serve({ tar, config, manifest }: Record<'tar' | 'config' | 'manifest', Uint8Array>): void {
  lie = ({ url = '' }, response) => {
    const found = [tar, config].find((bytes) => url.includes(digestOf(bytes)));
    const bytes = url.includes('/manifests/') ? manifest : found;
    if (bytes === undefined) return false;
    response.end(bytes);
    return true;
  };
}

/** Before what is told of it, another answer. */
function insteadOf(part: RegExp, answer: (response: ServerResponse, request: IncomingMessage) => void): void {
  const honest = lie;
  lie = (request, response) => {
    if (!part.test(`${request.method} ${request.url}`)) return honest(request, response);
    answer(response, request);
    return true;
  };
}

/** Waits for nobody. */
const clock = { now: () => Date.now(), pause: async () => {}, random: () => 0 };

async function pull(name = 'a/b:1'): Promise<Buffer> {
  using registry = openRegistry(host, { clock });
  await using image = await openRegistryImage(registry, parseRegistryReference(`${host}/${name}`), {
    spoolDirectory: hostPath(spool),
  });
  return await bytesOf(image.layers[0]?.tar() ?? (async function* () {})());
}

describe('an image of a registry that lies', () => {
  it('is had from one that does not', async () => {
    const parts = await imageParts();
    serve(parts);
    expect(await pull()).toEqual(parts.tar);
  });

  it.each([
    ['of schema 1', { schemaVersion: 1 }, 'unsupported'],
    ['of another kind of thing', { mediaType: 'application/vnd.cncf.helm' }, 'not-an-image'],
    [
      'whose config is of another kind',
      { config: { mediaType: 'x/y', digest: digestOf(Buffer.from('')), size: 0 } },
      'not-an-image',
    ],
    ['that is an index of nothing', { mediaType: `${OCI}.index.v1+json`, manifests: [] }, 'foreign-platform'],
    ['with no layers where the config names one', { layers: [] }, 'corrupt'],
    [
      'with a layer without a size',
      { layers: [{ mediaType: `${OCI}.layer.v1.tar`, digest: digestOf(Buffer.from('')) }] },
      'corrupt',
    ],
  ] as const)('is refused for a manifest %s', async (_, manifest, code) => {
    serve(await imageParts({ manifest }));
    await expect(pull()).rejects.toMatchObject({ code });
  });

  it('is refused for a layer of a kind that cannot be read', async () => {
    serve(await imageParts({ layerType: `${OCI}.layer.v1.tar+secret` }));
    await expect(pull()).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('is refused for an index in an index', async () => {
    const platform = { os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch };
    const inner = canonicalJson({ schemaVersion: 2, mediaType: `${OCI}.index.v1+json`, manifests: [] });
    const descriptor = {
      mediaType: `${OCI}.manifest.v1+json`,
      digest: digestOf(inner),
      size: inner.length,
      platform,
    };
    const outer = canonicalJson({
      schemaVersion: 2,
      mediaType: `${OCI}.index.v1+json`,
      manifests: [descriptor],
    });
    lie = ({ url = '' }, response) =>
      response.end(url.includes(digestOf(inner)) ? inner : outer) !== undefined;
    await expect(pull()).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('is refused when its manifest is not what it was asked for by', async () => {
    serve(await imageParts());
    const other = digestOf(Buffer.from('other'));
    await expect(pull(`a/b@${other}`)).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  it('is refused when its config is not what its digest says', async () => {
    serve(await imageParts());
    const { config } = await imageParts();
    insteadOf(new RegExp(digestOf(config)), (response) => response.end('{}'));
    await expect(pull()).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  it('is refused when a manifest has no end', async () => {
    lie = (_, response) => response.end(Buffer.alloc(5 * 1024 * 1024, ' ')) !== undefined;
    await expect(pull()).rejects.toMatchObject({ code: 'too-large' });
  });

  it('is refused when a plain layer is not the one of its config', async () => {
    const other = digestOf(Buffer.from('other'));
    serve(await imageParts({ config: { rootfs: { type: 'layers', diff_ids: [other] } } }));
    await expect(pull()).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  it.each([
    ['longer than its manifest says', Buffer.from('more'), 'digest-mismatch'],
    ['another one of the same length', Buffer.alloc(0), 'digest-mismatch'],
  ] as const)('is refused when a layer is %s', async (_, more, code) => {
    const parts = await imageParts();
    serve(parts);
    const changed = Buffer.concat([parts.tar, more]);
    changed[0] = 1;
    insteadOf(new RegExp(digestOf(parts.tar)), (response) => response.end(changed));
    await expect(pull()).rejects.toMatchObject({ code });
  });

  it.each(['http://[', 'ftp://127.0.0.1/blob'])(
    'is refused when a blob is sent for to %s',
    async (location) => {
      const parts = await imageParts();
      serve(parts);
      insteadOf(new RegExp(digestOf(parts.tar)), (response) => response.writeHead(307, { location }).end());
      await expect(pull()).rejects.toMatchObject({
        code: expect.stringMatching(/registry-failed|not-found/),
      });
    },
  );

  it.each([
    ['none', {}, 'registry-failed'],
    ['one that would end a header', { token: 'a\r\nb: c' }, 'registry-failed'],
  ] as const)('is refused when the token that was asked for is %s', async (_, token, code) => {
    challenges = true;
    lie = ({ url = '' }, response) => {
      if (url.startsWith('/token')) response.end(JSON.stringify(token));
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token"` }).end();
      return true;
    };
    await expect(pull()).rejects.toMatchObject({ code });
  });

  it('is refused when the rest of a layer is no longer there once the connection broke', async () => {
    const parts = await imageParts();
    serve(parts);
    const ranges: unknown[] = [];
    insteadOf(new RegExp(digestOf(parts.tar)), (response, { headers }) => {
      ranges.push(headers.range);
      if (headers.range !== undefined) return void response.writeHead(416).end();
      response.writeHead(200, { 'content-length': parts.tar.length });
      response.write(parts.tar.subarray(0, 100), () => response.destroy());
    });
    await expect(pull()).rejects.toMatchObject({
      code: 'truncated',
      message: expect.stringContaining(`no more than 100 of its ${parts.tar.length} bytes`),
    });
    expect(ranges).toEqual([undefined, 'bytes=100-']);
  });

  it('is refused when another part of a layer comes than was asked for, time after time', async () => {
    const parts = await imageParts();
    serve(parts);
    let asked = 0;
    insteadOf(new RegExp(digestOf(parts.tar)), (response) => {
      asked += 1;
      const { length } = parts.tar;
      response.writeHead(206, { 'content-range': `bytes 10-${length - 1}/${length}` });
      response.end(parts.tar.subarray(10));
    });
    await expect(pull()).rejects.toMatchObject({
      code: 'registry-failed',
      cause: { message: 'another part was sent than was asked for' },
    });
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBeLessThan(10);
  });

  it.each(['ftp://elsewhere/token', 'nonsense'])('is not asked for with a token from %s', async (realm) => {
    challenges = true;
    lie = (_, response) =>
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end() !== undefined;
    await expect(pull()).rejects.toMatchObject({ code: 'denied' });
  });
});

describe('pushing to a registry that lies', () => {
  /** Takes all that comes, and answers as a registry does but for what `told` says. */
  const takeAll = (told: (of: 'blob' | 'manifest') => Record<string, string>) => {
    lie = (request, response) => {
      request.resume().on('end', () => {
        const { method, url = '' } = request;
        if (method === 'HEAD' || method === 'GET') response.writeHead(404).end();
        else if (method === 'POST') response.writeHead(202, { location: `${url}1` }).end();
        else if (method === 'PATCH') response.writeHead(202, { location: url }).end();
        else response.writeHead(201, told(url.includes('/manifests/') ? 'manifest' : 'blob')).end();
      });
      return true;
    };
  };
  const push = async (name = 'a/b:1', change: (tar: Buffer) => Buffer = (tar) => tar) => {
    const layer = await layerOf({ '/a': { kind: 'file', content: 'a' } });
    const tar = await bytesOf(layer.tar());
    const packed = gzipSync(tar);
    const read = async function* () {
      yield change(packed);
    };
    const blob = () =>
      Promise.resolve({
        mediaType: `${OCI}.layer.v1.tar+gzip`,
        digest: digestOf(packed),
        sizeBytes: packed.length,
        read,
      });
    using registry = openRegistry(host);
    return await pushImage(registry, parseRegistryReference(`${host}/${name}`), imageOf({ ...layer, blob }), {
      spoolDirectory: hostPath(spool),
    });
  };
  const wrong = { 'docker-content-digest': digestOf(Buffer.from('other')) };

  it('gives the digest of what was stored by one that does not', async () => {
    takeAll(() => ({}));
    expect(await push()).toMatch(/^sha256:/);
  });

  it.each(['blob', 'manifest'] as const)('fails where it stored another %s', async (what) => {
    takeAll((of) => (of === what ? wrong : {}));
    await expect(push()).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  it('fails before the manifest is sent where that would not have the digest that was asked for', async () => {
    takeAll(() => ({}));
    const name = `a/b@${digestOf(Buffer.from('other'))}`;
    await expect(push(name)).rejects.toMatchObject({ code: 'digest-mismatch' });
  });

  it('fails where a layer is not what it says', async () => {
    takeAll(() => ({}));
    const work = push('a/b:1', (packed) => Buffer.concat([packed.subarray(0, -1), Buffer.from([1])]));
    await expect(work).rejects.toMatchObject({ code: 'digest-mismatch' });
  });
});

it.each(['a/b@sha256:x@sha256:y', 'a@b@c'])('a name with two digests is none: %s', (text) => {
  expect(() => parseRegistryReference(text)).toThrow(expect.objectContaining({ code: 'hostile' }));
});
