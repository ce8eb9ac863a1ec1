import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { recordSteps } from '../testing/recorded-steps.ts';
import { detectProtocol } from './detect-protocol.ts';
import type { HttpTarget } from './http-port.ts';
import { httpProbe } from './index.ts';
import { fetchOnce } from './request.ts';

const servers: (Server | TcpServer)[] = [];
const { signal } = new AbortController();
const limits = { timeoutMs: 5000, signal };
let directory = '';

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-tls-'));
  const words =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  execFileSync('openssl', [...words.split(' '), '-keyout', 'key.pem', '-out', 'cert.pem'], {
    cwd: directory,
    stdio: 'ignore',
  });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function serve(listener: RequestListener): Promise<HttpTarget> {
  return {
    scheme: 'http',
    port: 8080,
    address: { host: '127.0.0.1', port: await listen(createServer(listener)) },
  };
}

const tls = (listener: RequestListener) =>
  createTlsServer(
    { key: readFileSync(join(directory, 'key.pem')), cert: readFileSync(join(directory, 'cert.pem')) },
    listener,
  );

/** A server that answers the first bytes with `reply`, or closes at once. */
const raw = (reply: string | undefined) =>
  createTcpServer((socket: Socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (reply === undefined ? socket.destroy() : socket.end(reply, 'latin1')));
  });

const get = { method: 'GET', path: '/', headers: {} };
const readyBy = () => performance.now();

describe('fetchOnce', () => {
  test("gives the answer under the container's own address", async () => {
    const target = await serve((request, response) => {
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      response.setHeader('content-type', 'text/plain');
      response.end(`host ${request.headers.host}`);
    });
    const { answer } = await fetchOnce(target, { ...get, path: '/x?y=1' }, limits);
    expect(answer).toMatchObject({
      kind: 'http',
      method: 'GET',
      url: 'http://localhost:8080/x?y=1',
      port: 8080,
      status: 200,
      bodyText: 'host localhost:8080',
      bodySizeBytes: 19,
      bodyDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/plain', 'set-cookie': 'a=1\nb=2' });
  });

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('decodes a %s body', async (encoding, compress) => {
    const target = await serve((_, response) => {
      response.setHeader('content-encoding', encoding);
      response.end(compress(Buffer.from('packed')));
    });
    expect((await fetchOnce(target, get, limits)).answer.bodyText).toBe('packed');
  });

  test('sends a method, headers and a body', async () => {
    const target = await serve((request, response) => {
      request.on('data', (part) => response.end(`${request.method} ${request.headers['x-a']} ${part}`));
    });
    const question = { method: 'POST', path: '/', headers: { 'x-a': 'b' }, body: 'grüß' };
    expect((await fetchOnce(target, question, limits)).answer.bodyText).toBe('POST b grüß');
  });

  test('has no text for a body that is none', async () => {
    const target = await serve((_, response) => response.end(Buffer.from([0xff, 0x00, 0x01])));
    expect((await fetchOnce(target, get, limits)).answer).toMatchObject({
      bodyText: undefined,
      bodySizeBytes: 3,
    });
  });

  test('reads no more than 8 MiB', async () => {
    const target = await serve((_, response) => response.end(Buffer.alloc(9 * 1024 * 1024, 'a')));
    const { answer } = await fetchOnce(target, get, limits);
    expect(answer.bodySizeBytes).toBe(8 * 1024 * 1024);
    expect(answer.bodyText).toHaveLength(65_536);
  });

  test('bounds what a compressed body unpacks to', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const target = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(bomb);
    });
    expect((await fetchOnce(target, get, limits)).answer.bodySizeBytes).toBe(8 * 1024 * 1024);
  });

  test('fails on a body that is not what its encoding says', async () => {
    const target = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end('not gzip');
    });
    await expect(fetchOnce(target, get, limits)).rejects.toMatchObject({ name: 'HttpFailure' });
  });

  test('says that nothing came in time', async () => {
    const target = await serve(() => undefined);
    await expect(fetchOnce(target, get, { timeoutMs: 30, signal })).rejects.toMatchObject({
      reason: 'timed-out',
    });
  });

  test('says that nobody listens', async () => {
    const server = raw('');
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const target = { scheme: 'http', port, address: { host: '127.0.0.1', port } } as const;
    await expect(fetchOnce(target, get, limits)).rejects.toMatchObject({ reason: 'refused' });
  });

  test('throws the reason of an abort, not a failure', async () => {
    const target = await serve(() => undefined);
    const controller = new AbortController();
    const asking = fetchOnce(target, get, { timeoutMs: 5000, signal: controller.signal });
    controller.abort(new Error('user'));
    await expect(asking).rejects.toThrow('user');
  });
});

describe('detectProtocol', () => {
  const detect = async (server: Server | TcpServer) =>
    detectProtocol(9000, { host: '127.0.0.1', port: await listen(server) }, limits, {
      path: '/',
      readyBy: readyBy(),
    });

  test('finds HTTP on any port', async () => {
    const found = await detect(createServer((_, response) => response.end('hi')));
    expect(found).toMatchObject({
      kind: 'http',
      target: { scheme: 'http', port: 9000 },
      first: { answer: { status: 200 } },
    });
  });

  test('finds HTTPS behind a TLS alert or a closed connection, whatever its certificate', async () => {
    const found = await detect(tls((_, response) => response.end('secret')));
    expect(found).toMatchObject({
      kind: 'http',
      target: { scheme: 'https' },
      first: { answer: { bodyText: 'secret', url: 'https://localhost:9000/' } },
    });
  });

  test('finds HTTPS where a plain request is answered with that advice', async () => {
    const advice =
      'HTTP/1.1 400 Bad Request\r\ncontent-length: 62\r\n\r\n400 The plain HTTP request was sent to HTTPS port, nginx said.\n';
    const secure = tls((_, response) => response.end('secret'));
    const securePort = await listen(secure);
    const front = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes) => {
        if (bytes[0] !== 0x16) return socket.end(advice);
        secure.emit('connection', socket);
        socket.unshift(bytes);
      });
    });
    expect(securePort).toBeGreaterThan(0);
    expect(await detect(front)).toMatchObject({ kind: 'http', target: { scheme: 'https' } });
  });

  test('takes a 400 that says nothing of TLS as an answer', async () => {
    const found = await detect(
      createServer((_, response) => {
        response.statusCode = 400;
        response.end('Bad Request');
      }),
    );
    expect(found).toMatchObject({
      kind: 'http',
      target: { scheme: 'http' },
      first: { answer: { status: 400 } },
    });
  });

  test.each([
    ['a Redis server', "-ERR unknown command 'GET'\r\n"],
    ['a greeting', '\u0000\u0000\u0001\u000a5.7.1'],
    ['a connection that is closed', undefined],
  ])('does not take %s for HTTP', async (_, reply) => {
    expect(await detect(raw(reply))).toMatchObject({ kind: 'other', reason: expect.any(String) });
  });

  test('asks again while what stands in front waits for what it serves', async () => {
    let asked = 0;
    const port = await listen(
      createServer((_, response) => {
        asked += 1;
        response.statusCode = asked < 3 ? 502 : 200;
        response.end();
      }),
    );
    const found = await detectProtocol(80, { host: '127.0.0.1', port }, limits, {
      path: '/',
      readyBy: performance.now() + 5000,
    });
    expect(found).toMatchObject({ first: { answer: { status: 200 } } });
    expect(asked).toBe(3);
  });
});

describe('the HTTP probe', () => {
  test('does not ask a second time what was answered', async () => {
    let asked = 0;
    const target = await serve((_, response) => {
      asked += 1;
      response.end();
    });
    const context = { port: { target, fetched: new Map() }, steps: recordSteps(), timeoutMs: 5000, signal };
    if (httpProbe.needs !== 'http-port') throw new Error('not a probe of a port');
    expect(await httpProbe.run({ kind: 'http', ...get }, context)).toHaveLength(1);
    expect(await httpProbe.run({ kind: 'http', ...get }, context)).toEqual([]);
    expect(asked).toBe(1);
  });

  test('gives a failed answer where there is none', async () => {
    const address = { host: '127.0.0.1', port: await listen(raw(undefined)) };
    const context = {
      port: { target: { scheme: 'http' as const, port: 80, address }, fetched: new Map() },
      steps: recordSteps(),
      timeoutMs: 5000,
      signal,
    };
    if (httpProbe.needs !== 'http-port') throw new Error('not a probe of a port');
    expect(await httpProbe.run({ kind: 'http', method: 'PUT', path: '/x', headers: {} }, context)).toEqual([
      {
        kind: 'failed',
        probe: 'PUT http://localhost/x',
        port: 80,
        message: expect.stringContaining('closed'),
      },
    ]);
  });
});
