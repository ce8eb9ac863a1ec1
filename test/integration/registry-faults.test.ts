import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  canonicalJson,
  digestOf,
  hostPath,
  type Image,
  makeImage,
  openRegistry,
  openRegistryImage,
  parseImagePath,
  parseRegistryReference,
  pushImage,
  type RetryClock,
  validateImage,
  writeTar,
} from '@pare/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from './registry/fault-proxy.ts';
import { memoryLayer } from './registry/memory-image.ts';
import { type RealRegistry, startRegistry } from './registry/real-registry.ts';

let registry: RealRegistry;
let proxy: FaultProxy;
let directory = '';
let image: Image;
/** How long the client would have waited, each time. */
let waits: number[] = [];

const clock: RetryClock = {
  now: () => 0,
  pause: async (milliseconds) => void waits.push(milliseconds),
  random: () => 1,
};
const spool = () => ({ spoolDirectory: hostPath(directory) });
const reference = () => parseRegistryReference(`${proxy.host}/test/app:1`);
const isBlob = (url: string | undefined) => /\/blobs\/sha256:/.test(url ?? '');

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-registry-faults-'));
  registry = await startRegistry();
  proxy = await startFaultProxy(registry.host);
  const file = (path: string, content: Uint8Array) => ({
    entry: {
      kind: 'file' as const,
      path: parseImagePath(path),
      sizeBytes: content.length,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: { seconds: 1, nanoseconds: 0 },
      xattrs: new Map(),
    },
    content: (async function* () {
      yield content;
    })(),
  });
  const layers = await Promise.all(
    ['a', 'b', 'c'].map((name) => memoryLayer(writeTar([file(`/${name}`, randomBytes(300_000))]))),
  );
  image = makeImage({
    reference: 'test',
    config: {
      architecture: 'amd64',
      os: 'linux',
      config: { Cmd: ['/a'] },
      rootfs: { type: 'layers', diff_ids: [] },
      history: [],
    },
    layers,
  });
  using session = openRegistry(registry.host, { clock });
  await pushImage(session, parseRegistryReference(`${registry.host}/test/app:1`), image, spool());
});

beforeEach(() => {
  waits = [];
  proxy.rule = () => undefined;
});

afterAll(async () => {
  // A failure half-way through the set-up must not hide itself.
  await proxy?.[Symbol.asyncDispose]();
  await registry?.[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

/** Whether a URL is asked for the first time. */
function firstTime(): (url: string | undefined) => boolean {
  const seen = new Set<string | undefined>();
  return (url) => !seen.has(url) && seen.add(url) !== undefined;
}

/** Pulls everything and checks that it is the image. */
async function pull(): Promise<void> {
  using session = openRegistry(proxy.host, { clock });
  await using pulled = await openRegistryImage(session, reference(), spool());
  await pulled.fetchLayers();
  expect(pulled.configDigest).toBe(image.configDigest);
  expect(await validateImage(pulled)).toEqual([]);
}

const pullError = () =>
  pull().then(
    () => {
      throw new Error('it was pulled');
    },
    (error: { readonly code: string; readonly message: string }) => error,
  );

describe('pulling through faults', () => {
  it.each(['reset', 'end'] as const)('goes on where a connection ended early: %s', async (how) => {
    const isFirst = firstTime();
    proxy.rule = (request) =>
      isBlob(request.url) && isFirst(request.url) ? { kind: 'cut', afterBytes: 100_000, how } : undefined;
    const before = proxy.headers.length;
    await pull();
    const ranges = proxy.headers.slice(before).flatMap(({ range }) => range ?? []);
    expect(ranges).toHaveLength(3);
    for (const range of ranges) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('begins anew where a server does not know ranges', async () => {
    const isFirst = firstTime();
    proxy.rule = (request) => {
      delete request.headers.range;
      return isBlob(request.url) && isFirst(request.url)
        ? { kind: 'cut', afterBytes: 100_000, how: 'reset' }
        : undefined;
    };
    await pull();
  });

  it('waits and tries again on 429 as long as it is told, and on 500 twice', async () => {
    const isFirst = firstTime();
    const isSecond = firstTime();
    proxy.rule = ({ url }) => {
      if (url?.includes('/manifests/') === true)
        return isFirst(url) ? { kind: 'status', status: 429, headers: { 'retry-after': '7' } } : undefined;
      return isBlob(url) && (isFirst(url) || isSecond(url)) ? { kind: 'status', status: 500 } : undefined;
    };
    await pull();
    expect(waits[0]).toBe(7000);
    expect(waits.slice(1).sort((left, right) => left - right)).toEqual([
      250, 250, 250, 250, 500, 500, 500, 500,
    ]);
  });

  it('gives up with what the server says when it never gets better', async () => {
    proxy.rule = (request) => (isBlob(request.url) ? { kind: 'status', status: 503 } : undefined);
    expect(await pullError()).toMatchObject({
      code: 'registry-failed',
      message: expect.stringMatching(/503.*FAULT injected/),
    });
    proxy.rule = () => ({ kind: 'status', status: 429, headers: { 'retry-after': '3600' } });
    waits = [];
    expect(await pullError()).toMatchObject({
      code: 'registry-failed',
      message: expect.stringContaining('3600'),
    });
    expect(waits).toEqual([]);
  });

  it('asks once more for bytes that are not the blob’s, and never takes them', async () => {
    const seen = new Set<string>();
    proxy.rule = (request) => {
      if (!isBlob(request.url) || seen.has(request.url ?? '') || seen.size > 0) return undefined;
      seen.add(request.url ?? '');
      return { kind: 'corrupt' };
    };
    // The first blob is the config, which is read at once.
    expect(await pullError()).toMatchObject({ code: 'digest-mismatch' });
    const layer = { kind: 'corrupt' } as const;
    const counts = new Map<string, number>();
    proxy.rule = (request) => {
      const count = (counts.get(request.url ?? '') ?? 0) + 1;
      counts.set(request.url ?? '', count);
      return isBlob(request.url) && !request.url?.includes(image.configDigest) && count === 1
        ? layer
        : undefined;
    };
    await pull();
    proxy.rule = (request) =>
      isBlob(request.url) && !request.url?.includes(image.configDigest) ? layer : undefined;
    expect(await pullError()).toMatchObject({
      code: 'digest-mismatch',
      message: expect.stringContaining('sha256:'),
    });
    proxy.rule = (request) => (request.url?.includes('/manifests/') ? layer : undefined);
    expect(await pullError()).toMatchObject({ code: 'digest-mismatch' });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('refuses a blob that is longer or shorter than its manifest says', async () => {
    const answer = (bytes: Uint8Array) => ({
      kind: 'answer' as const,
      answer: (response: import('node:http').ServerResponse) => void response.end(bytes),
    });
    const isLayer = (url: string | undefined) => isBlob(url) && !url?.includes(image.configDigest);
    proxy.rule = (request) => (isLayer(request.url) ? answer(Buffer.alloc(500_000)) : undefined);
    expect(await pullError()).toMatchObject({
      code: 'digest-mismatch',
      message: expect.stringContaining('longer'),
    });
    proxy.rule = (request) => (isLayer(request.url) ? answer(Buffer.alloc(10)) : undefined);
    expect(await pullError()).toMatchObject({
      code: 'registry-failed',
      message: expect.stringContaining('10 of its'),
    });
    expect(readdirSync(directory)).toEqual([]);
  });

  it('stops at once when it is aborted, and leaves nothing', async () => {
    const controller = new AbortController();
    proxy.rule = (request) => {
      if (isBlob(request.url) && !request.url?.includes(image.configDigest))
        controller.abort(new Error('enough'));
      return undefined;
    };
    using session = openRegistry(proxy.host, { clock });
    const work = (async () => {
      await using pulled = await openRegistryImage(session, reference(), {
        ...spool(),
        signal: controller.signal,
      });
      await pulled.fetchLayers();
    })();
    await expect(work).rejects.toThrow('enough');
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('authorisation', () => {
  const withTokens = (isGood: (authorization: string | undefined) => boolean): string[] => {
    const asked: string[] = [];
    proxy.rule = (request) => {
      const url = new URL(request.url ?? '', `http://${proxy.host}`);
      if (url.pathname === '/token') {
        asked.push(`${request.headers.authorization ?? 'anonymous'} ${url.search}`);
        if (!isGood(request.headers.authorization)) return { kind: 'status', status: 401 };
        const token = `for-${url.searchParams.getAll('scope').join('+') || 'nothing'}`;
        return { kind: 'answer', answer: (response) => void response.end(JSON.stringify({ token })) };
      }
      const scope = request.method === 'GET' || request.method === 'HEAD' ? 'pull' : 'push';
      if (request.headers.authorization?.includes(scope) === true) {
        delete request.headers.authorization;
        return undefined;
      }
      const challenge = `Bearer realm="http://${proxy.host}/token",service="test"`;
      return { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } };
    };
    return asked;
  };

  it('fetches a token for each scope once, after a 401', async () => {
    const asked = withTokens(() => true);
    using session = openRegistry(proxy.host, { clock });
    await using pulled = await openRegistryImage(session, reference(), spool());
    await pulled.fetchLayers();
    expect(asked).toEqual(['anonymous ?service=test&scope=repository%3Atest%2Fapp%3Apull']);
  });

  it('sends the user’s password to the token server alone, and says when it is not taken', async () => {
    const password = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    const credentials = async () => ({ kind: 'password', username: 'me', password: 'secret' }) as const;
    const asked = withTokens((authorization) => authorization === password);
    using session = openRegistry(proxy.host, { clock, credentials });
    await pushImage(session, parseRegistryReference(`${proxy.host}/test/pushed:1`), image, spool());
    expect(asked).toEqual([`${password} ?service=test&scope=repository%3Atest%2Fpushed%3Apull%2Cpush`]);
    using stranger = openRegistry(proxy.host, { clock });
    const refused = openRegistryImage(stranger, reference(), spool());
    await expect(refused).rejects.toMatchObject({ code: 'denied' });
  });

  it('does not ask for ever where every token is refused', async () => {
    proxy.rule = (request) =>
      request.url?.startsWith('/token') === true
        ? { kind: 'answer', answer: (response) => void response.end('{"token":"t"}') }
        : {
            kind: 'status',
            status: 401,
            headers: { 'www-authenticate': `Bearer realm="http://${proxy.host}/token"` },
          };
    const before = proxy.requests.length;
    expect(await pullError()).toMatchObject({ code: 'denied', message: expect.stringContaining('401') });
    expect(proxy.requests.length - before).toBeLessThan(8);
  });
});

describe('pushing through faults', () => {
  it('goes on with the rest of a blob where a piece broke off, and stores the right bytes', async () => {
    let resets = 0;
    proxy.rule = (request) => {
      if (request.method !== 'PATCH' || resets >= 2) return undefined;
      resets += 1;
      return { kind: 'reset-request', afterBytes: 40_000 };
    };
    using session = openRegistry(proxy.host, { clock });
    const to = parseRegistryReference(`${proxy.host}/test/pieces:1`);
    await pushImage(session, to, image, { ...spool(), pieceBytes: 100_000 });
    expect(resets).toBe(2);
    proxy.rule = () => undefined;
    await using back = await openRegistryImage(session, to, spool());
    expect(await validateImage(back)).toEqual([]);
    expect(back.configDigest).toBe(image.configDigest);
  });

  it('begins an upload anew after a 500, sends nothing twice, and mounts what another repository has', async () => {
    let failures = 0;
    proxy.rule = (request) =>
      request.method === 'PUT' && request.url?.includes('/uploads/') === true && ++failures <= 2
        ? { kind: 'status', status: 500 }
        : undefined;
    using session = openRegistry(proxy.host, { clock });
    const to = parseRegistryReference(`${proxy.host}/test/anew:1`);
    const digest = await pushImage(session, to, image, spool());
    expect(failures).toBeGreaterThan(2);
    proxy.rule = () => undefined;
    const sent = () => proxy.requests.filter((line) => /^(?:PUT|PATCH) .*uploads/.test(line)).length;
    let before = sent();
    expect(await pushImage(session, to, image, spool())).toBe(digest);
    expect(sent()).toBe(before);
    await using pulled = await openRegistryImage(session, to, spool());
    before = sent();
    const copy = parseRegistryReference(`${proxy.host}/test/mounted:1`);
    expect(await pushImage(session, copy, pulled, spool())).toBe(digest);
    // The config alone is sent.
    expect(sent() - before).toBe(1);
  });
});

describe('a large blob', () => {
  const sizeBytes = (process.env.PARE_TEST_BIG_BLOB === '1' ? 2048 : 256) * 1024 * 1024;

  it(`of ${sizeBytes / 1024 / 1024} MiB is fetched in bounded memory, through a reset (2 GiB with PARE_TEST_BIG_BLOB=1)`, async () => {
    const chunk = Buffer.alloc(1024 * 1024);
    const hash = createHash('sha256');
    for (let sent = 0; sent < sizeBytes; sent += chunk.length) hash.update(chunk);
    const digest = `sha256:${hash.digest('hex')}` as const;
    const config = canonicalJson({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [digest] },
    });
    const manifest = canonicalJson({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        digest: digestOf(config),
        size: config.length,
      },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest, size: sizeBytes }],
    });
    const zeros = (response: import('node:http').ServerResponse, from: number, stopAt: number) => {
      response.writeHead(from === 0 ? 200 : 206, {
        'content-length': sizeBytes - from,
        'content-range': `bytes ${from}-${sizeBytes - 1}/${sizeBytes}`,
      });
      let at = from;
      const more = (): void => {
        while (at < sizeBytes) {
          if (at >= stopAt) return void response.socket?.resetAndDestroy();
          const piece = chunk.subarray(0, sizeBytes - at);
          at += piece.length;
          if (!response.write(piece)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    };
    proxy.rule = (request) => {
      const { url = '', headers } = request;
      const send = (bytes: Uint8Array) =>
        ({ kind: 'answer', answer: (to: import('node:http').ServerResponse) => void to.end(bytes) }) as const;
      if (url.includes('/manifests/')) return send(manifest);
      if (url.includes(digestOf(config))) return send(config);
      if (!url.includes(digest)) return undefined;
      const from = Number(/^bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
      const stopAt = from === 0 ? sizeBytes / 2 : Number.POSITIVE_INFINITY;
      return { kind: 'answer', answer: (response) => zeros(response, from, stopAt) };
    };
    using session = openRegistry(proxy.host, { clock });
    const before = process.memoryUsage().rss;
    let peak = before;
    let received = 0;
    await using pulled = await openRegistryImage(session, reference(), {
      ...spool(),
      onBytes: (bytes) => {
        received += bytes;
        peak = Math.max(peak, process.memoryUsage().rss);
      },
    });
    await pulled.fetchLayers();
    expect(received).toBe(sizeBytes);
    console.log(
      `memory grew by ${Math.round((peak - before) / 1e6)} MB for a blob of ${Math.round(sizeBytes / 1e6)} MB`,
    );
    expect(peak - before).toBeLessThan(150e6);
    let total = 0;
    for await (const piece of pulled.layers[0]?.tar() ?? []) total += piece.length;
    expect(total).toBe(sizeBytes);
  });
});
