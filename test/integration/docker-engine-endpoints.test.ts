import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { hostPath } from '@pare/oci';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DetectOptions, detectEngine } from '../../packages/pare/src/engine/detect.ts';
import { chooseEndpoint } from '../../packages/pare/src/engine/docker/choose-endpoint.ts';
import type { ContainerEngine } from '../../packages/pare/src/ports/container-engine.ts';
import { plainSpec, testBase } from '../../packages/testkit/src/index.ts';

let directory: string;
let socket: string;
const servers: Server[] = [];
const pathBefore = process.env.PATH;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-endpoints-'));
  const endpoint = await chooseEndpoint({}, process.env);
  if (endpoint.kind !== 'unix') throw new Error('these tests need an engine on a unix socket');
  socket = endpoint.path;
});
afterAll(() => {
  process.env.PATH = pathBefore;
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true });
});

/** Hands every connection on to the engine's socket, both ends half-closed as they are. */
function relay(client: Socket): void {
  const engine = connect({ path: socket, allowHalfOpen: true });
  client.pipe(engine).pipe(client);
  client.on('error', () => engine.destroy());
  engine.on('error', () => client.destroy());
  client.on('close', () => engine.destroy());
}

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const detect = (options: Partial<DetectOptions>) =>
  detectEngine({
    engine: 'auto',
    runId: `test.${process.pid}.endpoints`,
    cacheDirectory: hostPath(directory),
    temporaryDirectory: hostPath(directory),
    ...options,
  });

/** Uses every way of talking: JSON, a stream of frames, a hijacked connection and a body that is streamed up. */
async function exercise(engine: ContainerEngine): Promise<void> {
  const spec = {
    ...plainSpec,
    image: testBase(),
    disableHealthcheck: false,
    argv: ['sh', '-c', 'echo started; while [ ! -e /tmp/hostname ]; do sleep 0.05; done; echo ended; exit 6'],
  };
  await using container = await engine.createContainer(spec);
  const ended = container.wait();
  await container.start();
  expect(String((await container.exec(['echo', 'hello'])).stdout)).toBe('hello\n');
  await container.copyIn('/tmp', container.copyOut('/etc/hostname'));
  let output = '';
  for await (const { data } of container.logs()) output += Buffer.from(data);
  expect(output).toBe('started\nended\n');
  expect(await ended).toBe(6);
}

it('speaks over TCP, and knows a loopback address for this machine', async () => {
  const port = await listen(createServer({ allowHalfOpen: true }, relay));
  await using engine = await detect({ host: `tcp://127.0.0.1:${port}` });
  await using plain = await detect({ host: `unix://${socket}` });
  expect(engine.info).toEqual(plain.info);
  await exercise(engine);
});

it('speaks over TLS with a client certificate, and refuses a server that nobody vouches for', async () => {
  const pki = makeCertificates(join(directory, 'pki'));
  const server = createTlsServer(
    {
      ca: readFileSync(pki.ca),
      cert: readFileSync(pki.cert),
      key: readFileSync(pki.key),
      requestCert: true,
      rejectUnauthorized: true,
      allowHalfOpen: true,
    },
    relay,
  );
  server.on('tlsClientError', () => {});
  const port = await listen(server);
  const environment = { HOME: directory, DOCKER_HOST: `tcp://127.0.0.1:${port}`, DOCKER_TLS_VERIFY: '1' };
  await using engine = await detect({ environment: { ...environment, DOCKER_CERT_PATH: pki.directory } });
  await exercise(engine);

  const strangers = makeCertificates(join(directory, 'strangers'));
  await expect(
    detect({ environment: { ...environment, DOCKER_CERT_PATH: strangers.directory } }),
  ).rejects.toMatchObject({
    code: 'no-engine',
    message: expect.stringMatching(/self-signed|unable to verify|signature/i),
  });
  await expect(detect({ environment: { ...environment, DOCKER_TLS_VERIFY: '' } })).rejects.toMatchObject({
    code: 'no-engine',
  });
});

it('speaks through ssh', async () => {
  // Stands for ssh and the far machine: its options and the host are dropped, and the command is run here.
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  const script = `#!/bin/sh
while [ "$1" != -- ]; do shift; done
[ "$2" = far.test ] || { echo "ssh: Could not resolve hostname $2" >&2; exit 255; }
shift 2
exec env DOCKER_HOST=unix://${socket} "$@"
`;
  writeFileSync(join(bin, 'ssh'), script);
  chmodSync(join(bin, 'ssh'), 0o755);
  process.env.PATH = `${bin}:${pathBefore}`;
  await using engine = await detect({ host: 'ssh://me@far.test:2222' });
  expect(engine.info.local).toBe(false);
  await exercise(engine);
  await expect(detect({ host: 'ssh://nowhere.test' })).rejects.toMatchObject({
    code: 'no-engine',
    details: ['--host: ssh://nowhere.test: ssh: ssh: Could not resolve hostname nowhere.test'],
  });
});

it('tells a socket that may not be opened from one that is not there', () => {
  const detectPath = new URL('../../packages/pare/src/engine/detect.ts', import.meta.url).pathname;
  const program = `
    import { detectEngine } from ${JSON.stringify(detectPath)};
    const candidates = [${JSON.stringify(socket)}, '/nonexistent/docker.sock'].map((path) => ({ name: 'docker', endpoint: { kind: 'unix', path } }));
    const common = { engine: 'auto', runId: 'x', cacheDirectory: '/tmp', temporaryDirectory: '/tmp' };
    detectEngine({ ...common, candidates, environment: { HOME: '/nonexistent' } })
      .catch(({ code, details, hint }) => console.log(JSON.stringify({ code, details, hint })));`;
  // Nobody is in no group; whoever runs this as another user gives up nothing.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
    ...nobody,
    env: {},
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  expect(JSON.parse(String(output))).toEqual({
    code: 'no-engine',
    details: [`docker: ${socket}: permission denied`, 'docker: /nonexistent/docker.sock: there is no socket'],
    hint: expect.stringContaining('docker group'),
  });
});

/** A certificate authority of its own, and one certificate for both sides. */
function makeCertificates(into: string) {
  mkdirSync(into);
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: into, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca-key.pem',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=test authority',
    '-days',
    '1',
  );
  openssl('req', ...key, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', '/CN=127.0.0.1');
  writeFileSync(join(into, 'extensions'), 'subjectAltName=IP:127.0.0.1\n');
  openssl(
    ...['x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial'],
    ...['-days', '1', '-extfile', 'extensions', '-out', 'cert.pem'],
  );
  const path = (name: string) => join(into, name);
  return { directory: into, ca: path('ca.pem'), cert: path('cert.pem'), key: path('key.pem') };
}
