import { readdirSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { openRegistry, openRegistryImage, parseRegistryReference, pushImage } from '@pare/oci';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { errorOf, type FaultBench, firstTime, openFaultBench } from './registry/fault-bench.ts';

let bench: FaultBench;
beforeAll(async () => {
  bench = await openFaultBench();
  await bench.push('test/app:1');
});
beforeEach(() => bench.reset());
afterAll(() => bench?.[Symbol.asyncDispose]());

const spool = () => ({ spoolDirectory: bench.directory });
const reference = () => parseRegistryReference(`${bench.proxy.host}/test/app:1`);
const isBlob = (url: string | undefined) => /\/blobs\/sha256:/.test(url ?? '');
const isLayer = (url: string | undefined) => isBlob(url) && !url?.includes(bench.image.configDigest);

/** Wants a token with every request; gives what was asked of the token server. */
function withTokens(isGood: (authorization: string | undefined) => boolean): string[] {
  const asked: string[] = [];
  bench.proxy.rule = (request) => {
    const url = new URL(request.url ?? '', `http://${bench.proxy.host}`);
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
    const challenge = `Bearer realm="http://${bench.proxy.host}/token",service="test"`;
    return { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } };
  };
  return asked;
}

describe('pulling through faults', () => {
  it.each(['reset', 'end'] as const)('goes on where a connection ended early: %s', async (how) => {
    const isFirst = firstTime();
    bench.proxy.rule = (request) =>
      isBlob(request.url) && isFirst(request.url) ? { kind: 'cut', afterBytes: 100_000, how } : undefined;
    const before = bench.proxy.headers.length;
    await bench.pull('test/app:1');
    const ranges = bench.proxy.headers.slice(before).flatMap(({ range }) => range ?? []);
    expect(ranges).toHaveLength(3);
    for (const range of ranges) expect(range).toMatch(/^bytes=[1-9]\d*-$/);
  });

  it('begins anew where a server does not know ranges', async () => {
    const isFirst = firstTime();
    bench.proxy.rule = (request) => {
      delete request.headers.range;
      return isBlob(request.url) && isFirst(request.url)
        ? { kind: 'cut', afterBytes: 100_000, how: 'reset' }
        : undefined;
    };
    await bench.pull('test/app:1');
  });

  it('waits and tries again on 429 as long as it is told, and on 500 twice', async () => {
    const isFirst = firstTime();
    const isSecond = firstTime();
    bench.proxy.rule = ({ url }) => {
      if (url?.includes('/manifests/') === true)
        return isFirst(url) ? { kind: 'status', status: 429, headers: { 'retry-after': '7' } } : undefined;
      return isBlob(url) && (isFirst(url) || isSecond(url)) ? { kind: 'status', status: 500 } : undefined;
    };
    await bench.pull('test/app:1');
    expect(bench.waits[0]).toBe(7000);
    expect(bench.waits.slice(1).sort((left, right) => left - right)).toEqual([
      250, 250, 250, 250, 500, 500, 500, 500,
    ]);
  });

  it('gives up with what the server says when it never gets better', async () => {
    bench.proxy.rule = (request) => (isBlob(request.url) ? { kind: 'status', status: 503 } : undefined);
    expect(await errorOf(bench.pull('test/app:1'))).toMatchObject({
      code: 'registry-failed',
      message: expect.stringMatching(/503.*FAULT injected/),
    });
    bench.reset();
    bench.proxy.rule = () => ({ kind: 'status', status: 429, headers: { 'retry-after': '3600' } });
    expect(await errorOf(bench.pull('test/app:1'))).toMatchObject({
      code: 'registry-failed',
      message: expect.stringContaining('3600'),
    });
    expect(bench.waits).toEqual([]);
  });

  it('asks once more for bytes that are not the blob’s, and never takes them', async () => {
    const seen = new Set<string>();
    bench.proxy.rule = (request) => {
      if (!isBlob(request.url) || seen.has(request.url ?? '') || seen.size > 0) return undefined;
      seen.add(request.url ?? '');
      return { kind: 'corrupt' };
    };
    // The first blob is the config, which is read at once.
    expect(await errorOf(bench.pull('test/app:1'))).toMatchObject({ code: 'digest-mismatch' });
    const layer = { kind: 'corrupt' } as const;
    const counts = new Map<string, number>();
    bench.proxy.rule = (request) => {
      const count = (counts.get(request.url ?? '') ?? 0) + 1;
      counts.set(request.url ?? '', count);
      return isBlob(request.url) && !request.url?.includes(bench.image.configDigest) && count === 1
        ? layer
        : undefined;
    };
    await bench.pull('test/app:1');
    bench.proxy.rule = (request) =>
      isBlob(request.url) && !request.url?.includes(bench.image.configDigest) ? layer : undefined;
    expect(await errorOf(bench.pull('test/app:1'))).toMatchObject({
      code: 'digest-mismatch',
      message: expect.stringContaining('sha256:'),
    });
    bench.proxy.rule = (request) => (request.url?.includes('/manifests/') ? layer : undefined);
    expect(await errorOf(bench.pull('test/app:1'))).toMatchObject({ code: 'digest-mismatch' });
    expect(readdirSync(bench.directory)).toEqual([]);
  });

  it('refuses a blob that is longer or shorter than its manifest says', async () => {
    const answer = (bytes: Uint8Array) => ({
      kind: 'answer' as const,
      answer: (response: import('node:http').ServerResponse) => void response.end(bytes),
    });
    bench.proxy.rule = (request) => (isLayer(request.url) ? answer(Buffer.alloc(500_000)) : undefined);
    expect(await errorOf(bench.pull('test/app:1'))).toMatchObject({
      code: 'digest-mismatch',
      message: expect.stringContaining('longer'),
    });
    bench.proxy.rule = (request) => (isLayer(request.url) ? answer(Buffer.alloc(10)) : undefined);
    expect(await errorOf(bench.pull('test/app:1'))).toMatchObject({
      code: 'registry-failed',
      message: expect.stringContaining('10 of its'),
    });
    expect(readdirSync(bench.directory)).toEqual([]);
  });

  it('takes no other part of a blob for the one that it asked for', async () => {
    const isFirst = firstTime();
    let lies = 0;
    bench.proxy.rule = ({ headers, url }) => {
      if (!isLayer(url)) return undefined;
      if (isFirst(url)) return { kind: 'cut', afterBytes: 100_000, how: 'reset' };
      if (headers.range === undefined) return undefined;
      lies += 1;
      // The first bytes again, as if they were the rest.
      return {
        kind: 'answer',
        answer: (response) => {
          response.writeHead(206, { 'content-range': 'bytes 0-9/300000', 'content-length': '10' });
          response.end(Buffer.alloc(10));
        },
      };
    };
    expect(await errorOf(bench.pull('test/app:1'))).toMatchObject({
      code: expect.stringMatching(/registry-failed|digest-mismatch/),
    });
    expect(lies).toBeGreaterThan(0);
    expect(readdirSync(bench.directory)).toEqual([]);
  });

  it('follows a redirect to a storage host, and tells that host nothing of who we are', async () => {
    const seen: (string | undefined)[] = [];
    const storage = createServer((request, response) => {
      seen.push(request.headers.authorization);
      const onward = { host: bench.registry.host.split(':')[0], port: bench.registry.host.split(':')[1] };
      const { host: _own, ...headers } = request.headers;
      get({ ...onward, path: request.url, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
    });
    await new Promise<void>((resolve) => storage.listen(0, '127.0.0.1', resolve));
    try {
      const address = storage.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const tokens = withTokens(() => true);
      const byToken = bench.proxy.rule;
      bench.proxy.rule = (request, nth) => {
        const wanted = byToken(request, nth);
        if (wanted !== undefined || !isLayer(request.url)) return wanted;
        return {
          kind: 'status',
          status: 307,
          headers: { location: `http://127.0.0.1:${port}${request.url}` },
        };
      };
      await bench.pull('test/app:1');
      expect(tokens).toHaveLength(1);
      expect(seen).toEqual([undefined, undefined, undefined]);
    } finally {
      storage.closeAllConnections();
      await new Promise((resolve) => storage.close(resolve));
    }
    bench.proxy.rule = ({ url }) =>
      isLayer(url) ? { kind: 'status', status: 307, headers: { location: url ?? '' } } : undefined;
    expect(await errorOf(bench.pull('test/app:1'))).toMatchObject({ code: 'registry-failed' });
  });

  it('stops at once when it is aborted, and leaves nothing', async () => {
    const controller = new AbortController();
    bench.proxy.rule = (request) => {
      if (isBlob(request.url) && !request.url?.includes(bench.image.configDigest))
        controller.abort(new Error('enough'));
      return undefined;
    };
    using session = openRegistry(bench.proxy.host, { clock: bench.clock });
    const work = (async () => {
      await using pulled = await openRegistryImage(session, reference(), {
        ...spool(),
        signal: controller.signal,
      });
      await pulled.fetchLayers();
    })();
    await expect(work).rejects.toThrow('enough');
    expect(readdirSync(bench.directory)).toEqual([]);
  });
});

describe('authorisation', () => {
  it('fetches a token for each scope once, after a 401', async () => {
    const asked = withTokens(() => true);
    using session = openRegistry(bench.proxy.host, { clock: bench.clock });
    await using pulled = await openRegistryImage(session, reference(), spool());
    await pulled.fetchLayers();
    expect(asked).toEqual(['anonymous ?service=test&scope=repository%3Atest%2Fapp%3Apull']);
  });

  it('fetches another where one runs out midway, once', async () => {
    const asked = withTokens(() => true);
    const byToken = bench.proxy.rule;
    const isFirst = firstTime();
    bench.proxy.rule = (request, nth) => {
      const challenge = `Bearer realm="http://${bench.proxy.host}/token",service="test",error="invalid_token"`;
      if (isLayer(request.url) && isFirst('layers'))
        return { kind: 'status', status: 401, headers: { 'www-authenticate': challenge } };
      return byToken(request, nth);
    };
    await bench.pull('test/app:1');
    expect(asked).toHaveLength(2);
  });

  it('sends the user’s password to the token server alone, and says when it is not taken', async () => {
    const password = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    const credentials = async () => ({ kind: 'password', username: 'me', password: 'secret' }) as const;
    const asked = withTokens((authorization) => authorization === password);
    using session = openRegistry(bench.proxy.host, { clock: bench.clock, credentials });
    await pushImage(
      session,
      parseRegistryReference(`${bench.proxy.host}/test/pushed:1`),
      bench.image,
      spool(),
    );
    expect(asked).toEqual([`${password} ?service=test&scope=repository%3Atest%2Fpushed%3Apull%2Cpush`]);
    using stranger = openRegistry(bench.proxy.host, { clock: bench.clock });
    const refused = openRegistryImage(stranger, reference(), spool());
    await expect(refused).rejects.toMatchObject({ code: 'denied' });
  });

  it('does not ask for ever where every token is refused', async () => {
    bench.proxy.rule = (request) =>
      request.url?.startsWith('/token') === true
        ? { kind: 'answer', answer: (response) => void response.end('{"token":"t"}') }
        : {
            kind: 'status',
            status: 401,
            headers: { 'www-authenticate': `Bearer realm="http://${bench.proxy.host}/token"` },
          };
    const before = bench.proxy.requests.length;
    expect(await errorOf(bench.pull('test/app:1'))).toMatchObject({
      code: 'denied',
      message: expect.stringContaining('401'),
    });
    expect(bench.proxy.requests.length - before).toBeLessThan(8);
  });
});
