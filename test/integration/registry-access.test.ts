import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import {
  credentialsOfFiles,
  hostPath,
  type Image,
  openRegistry,
  openRegistryImage,
  parseRegistryReference,
  proxyOfEnvironment,
  pushImage,
  type RetryClock,
  trustOfFiles,
  validateImage,
} from '@pare/oci';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Authority, type CertificateFiles, makeAuthority } from './registry/certificates.ts';
import { type ConnectProxy, startConnectProxy } from './registry/connect-proxy.ts';
import { noiseImage } from './registry/noise-image.ts';
import { passwordFile, type RealRegistry, startRegistry } from './registry/real-registry.ts';
import { startTokenServer, type TokenServer, tokenIssuer, tokenService } from './registry/token-server.ts';

const clock: RetryClock = { now: () => Date.now(), pause: async () => {}, random: () => 1 };
/** The one of `passwordFile`. */
const login = 'tester:secret';

let directory = '';
let authority: Authority;
let server: CertificateFiles;
let image: Image;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-registry-access-'));
  authority = makeAuthority(directory, 'authority');
  server = authority.sign('server', 'IP:127.0.0.1,DNS:reg.test');
  image = await noiseImage(1, 200_000);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** What one test's machine has: a home, `/etc`, an environment. */
let home = '';
let environment: Record<string, string> = {};
beforeEach(() => {
  home = mkdtempSync(join(directory, 'home-'));
  environment = { HOME: home, XDG_RUNTIME_DIR: join(home, 'run'), SSL_CERT_FILE: join(home, 'none') };
});

function put(name: string, content: string): void {
  mkdirSync(join(home, name, '..'), { recursive: true });
  writeFileSync(join(home, name), content);
}

function connect(name: string, insecureHosts: readonly string[] = []) {
  const reference = parseRegistryReference(name);
  const session = openRegistry(reference.host, {
    credentials: credentialsOfFiles(environment, reference.repository),
    trust: trustOfFiles(environment, join(home, 'etc')),
    proxyOf: proxyOfEnvironment(environment),
    ...{ insecureHosts, clock },
  });
  return { reference, session };
}

async function push(name: string, insecure?: readonly string[]): Promise<void> {
  const { reference, session } = connect(name, insecure);
  using _session = session;
  await pushImage(session, reference, image, { spoolDirectory: hostPath(home) });
}

/** Pulls everything and checks that it is the image. */
async function pull(name: string, insecure?: readonly string[]): Promise<void> {
  const { reference, session } = connect(name, insecure);
  using _session = session;
  await using pulled = await openRegistryImage(session, reference, { spoolDirectory: hostPath(home) });
  await pulled.fetchLayers();
  expect(pulled.configDigest).toBe(image.configDigest);
  expect(await validateImage(pulled)).toEqual([]);
}

describe('a registry with a certificate of an own authority', () => {
  let registry: RealRegistry;
  let strict: RealRegistry;
  beforeAll(async () => {
    registry = await startRegistry({ tls: server });
    strict = await startRegistry({ tls: { ...server, clientAuthority: authority.certificate } });
  });
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    await strict?.[Symbol.asyncDispose]();
  });
  const trustInDirectory = (place: string, host = registry.host) => {
    mkdirSync(join(home, place, host), { recursive: true });
    copyFileSync(authority.certificate, join(home, place, host, 'ca.crt'));
  };

  const trustInVariable = (name: string) => {
    environment[name] = authority.certificate;
  };

  it('is refused where nobody knows the authority', async () => {
    await expect(push(`${registry.host}/tls/refused:1`)).rejects.toMatchObject({
      code: 'registry-failed',
      message: expect.stringContaining('signed by an unknown authority'),
    });
    trustInDirectory('etc/docker/certs.d', '127.0.0.1:1');
    await expect(push(`${registry.host}/tls/refused:1`)).rejects.toMatchObject({ code: 'registry-failed' });
    trustInDirectory('etc/docker/certs.d');
    await expect(pull(`${registry.host}/tls/refused:1`)).rejects.toMatchObject({ code: 'not-found' });
  });

  it.each([
    ['SSL_CERT_FILE', () => trustInVariable('SSL_CERT_FILE')],
    ['NODE_EXTRA_CA_CERTS', () => trustInVariable('NODE_EXTRA_CA_CERTS')],
    ['/etc/docker/certs.d', () => trustInDirectory('etc/docker/certs.d')],
    ['/etc/containers/certs.d', () => trustInDirectory('etc/containers/certs.d')],
    ['~/.config/containers/certs.d', () => trustInDirectory('.config/containers/certs.d')],
  ])('is trusted through %s', async (_what, trust) => {
    trust();
    await push(`${registry.host}/tls/trusted:1`);
    await pull(`${registry.host}/tls/trusted:1`);
  });

  it('is taken unchecked where the user says so, for that host alone', async () => {
    await push(`${registry.host}/tls/unchecked:1`, [registry.host]);
    await pull(`${registry.host}/tls/unchecked:1`, [registry.host]);
    await expect(pull(`${registry.host}/tls/unchecked:1`, ['127.0.0.1:1'])).rejects.toMatchObject({
      code: 'registry-failed',
    });
  });

  it('is refused under a name that its certificate is not for', async () => {
    environment.SSL_CERT_FILE = authority.certificate;
    const other = registry.host.replace('127.0.0.1', 'localhost');
    await expect(push(`${other}/tls/other:1`)).rejects.toMatchObject({
      code: 'registry-failed',
      message: expect.stringContaining('its certificate is for another name'),
    });
  });

  it('is shown our certificate where it wants one', async () => {
    trustInDirectory('etc/docker/certs.d', strict.host);
    await expect(push(`${strict.host}/tls/client:1`)).rejects.toMatchObject({ code: 'registry-failed' });
    const client = authority.sign('client', 'DNS:client');
    copyFileSync(client.certificate, join(home, 'etc/docker/certs.d', strict.host, 'client.cert'));
    copyFileSync(client.key, join(home, 'etc/docker/certs.d', strict.host, 'client.key'));
    await push(`${strict.host}/tls/client:1`);
    await pull(`${strict.host}/tls/client:1`);
  });
});

describe('a registry with passwords (htpasswd)', () => {
  let registry: RealRegistry;
  beforeAll(async () => {
    const path = join(directory, 'htpasswd');
    writeFileSync(path, passwordFile);
    registry = await startRegistry({ tls: server, auth: { htpasswd: { realm: 'pare', path } } });
  });
  afterAll(() => registry?.[Symbol.asyncDispose]());
  beforeEach(() => {
    environment.SSL_CERT_FILE = authority.certificate;
  });
  const auths = (text: string) => ({
    auths: { [registry.host]: { auth: Buffer.from(text).toString('base64') } },
  });
  /** Runs another tool's login as on the test's machine. */
  const run = (program: string, args: readonly string[], more: Record<string, string> = {}) =>
    execFileSync(program, args, {
      env: { ...process.env, ...environment, ...more },
      input: 'secret',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  const helpers = () => {
    environment.PARE_TEST_VAULT = join(home, 'vault');
    mkdirSync(environment.PARE_TEST_VAULT);
    return `${join(import.meta.dirname, 'registry/bin')}${delimiter}${process.env.PATH}`;
  };

  it.each([
    ['nobody', () => ({})],
    ['somebody with a wrong password', wrongPassword],
  ])('lets in neither to push nor to pull: %s', async (_who, config) => {
    put('.docker/config.json', JSON.stringify(config(registry.host)));
    for (const work of [push, pull])
      await expect(work(`${registry.host}/auth/refused:1`)).rejects.toMatchObject({
        code: 'denied',
        message: expect.not.stringContaining('secret'),
      });
  });

  it('lets in whom docker’s file names', async () => {
    put('.docker/config.json', JSON.stringify(auths(login)));
    await push(`${registry.host}/auth/docker:1`);
    await pull(`${registry.host}/auth/docker:1`);
  });

  it('lets in who logged in with skopeo and with podman', async () => {
    for (const program of ['skopeo', 'podman']) {
      const file = join(home, `${program}.json`);
      const certificates = join(home, 'certificates');
      mkdirSync(certificates, { recursive: true });
      copyFileSync(authority.certificate, join(certificates, 'ca.crt'));
      run(program, [
        ...['login', '--authfile', file, '--cert-dir', certificates],
        ...['--username', 'tester', '--password-stdin', registry.host],
      ]);
      environment.REGISTRY_AUTH_FILE = file;
      await push(`${registry.host}/auth/${program}:1`);
      await pull(`${registry.host}/auth/${program}:1`);
    }
  });

  it('lets in who logged in with docker, in plain text and through a helper', async () => {
    const path = helpers();
    const docker = () =>
      run('docker', ['login', '--username', 'tester', '--password-stdin', registry.host], {
        PATH: path,
        DOCKER_CONFIG: join(home, '.docker'),
      });
    docker();
    expect(readFileSync(join(home, '.docker/config.json'), 'utf8')).toContain('"auth"');
    await pushAs(path, `${registry.host}/auth/login:1`);
    put('.docker/config.json', JSON.stringify({ credsStore: 'pare-test' }));
    docker();
    expect(readFileSync(join(home, '.docker/config.json'), 'utf8')).not.toContain('"auth":');
    await pushAs(path, `${registry.host}/auth/store:1`);
    put('.docker/config.json', JSON.stringify({ credHelpers: { [registry.host]: 'pare-test' } }));
    await pushAs(path, `${registry.host}/auth/helper:1`);
    put('.docker/config.json', JSON.stringify({ credHelpers: { 'other.test': 'pare-test' } }));
    await expect(pushAs(path, `${registry.host}/auth/other:1`)).rejects.toMatchObject({ code: 'denied' });
  });

  /** Helpers are looked for on Pare's own PATH. */
  async function pushAs(path: string, name: string): Promise<void> {
    const before = { PATH: process.env.PATH, PARE_TEST_VAULT: process.env.PARE_TEST_VAULT };
    Object.assign(process.env, { PATH: path, PARE_TEST_VAULT: environment.PARE_TEST_VAULT });
    try {
      await push(name);
    } finally {
      process.env.PATH = before.PATH;
      delete process.env.PARE_TEST_VAULT;
    }
  }
});

function wrongPassword(host: string) {
  return { auths: { [host]: { auth: Buffer.from('tester:secret?').toString('base64') } } };
}

describe('a registry with tokens', () => {
  let registry: RealRegistry;
  let tokens: TokenServer;
  beforeAll(async () => {
    const signer = authority.sign('signer', 'DNS:signer');
    tokens = await startTokenServer(server, signer, login);
    const token = {
      ...{ realm: tokens.realm, service: tokenService, issuer: tokenIssuer },
      rootcertbundle: authority.certificate,
    };
    registry = await startRegistry({ tls: server, auth: { token } });
  });
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    await tokens?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    environment.SSL_CERT_FILE = authority.certificate;
  });

  it('is given one for what is done, and refuses who has none for it', async () => {
    const name = `${registry.host}/token/app:1`;
    await expect(push(name)).rejects.toMatchObject({ code: 'denied' });
    const auth = Buffer.from(login).toString('base64');
    put('.docker/config.json', JSON.stringify({ auths: { [registry.host]: { auth } } }));
    await push(name);
    expect(tokens.asked).toContain('user repository:token/app:pull,push');
    put('.docker/config.json', '{}');
    await pull(name);
    expect(tokens.asked.at(-1)).toBe('anonymous repository:token/app:pull');
  });

  it('says that the password is wrong', async () => {
    put('.docker/config.json', JSON.stringify(wrongPassword(registry.host)));
    await expect(pull(`${registry.host}/token/app:1`)).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('for a token'),
    });
  });
});

describe('a registry behind a proxy', () => {
  let registry: RealRegistry;
  let plain: RealRegistry;
  let proxy: ConnectProxy;
  beforeAll(async () => {
    registry = await startRegistry({ tls: server });
    plain = await startRegistry();
  });
  afterAll(async () => {
    await registry?.[Symbol.asyncDispose]();
    await plain?.[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    environment.SSL_CERT_FILE = authority.certificate;
  });
  afterEach(async () => {
    await proxy?.[Symbol.asyncDispose]();
  });
  /** A name that only the proxy can find. */
  const named = ({ host }: RealRegistry, name: string) => host.replace('127.0.0.1', name);

  it('is reached through a tunnel, whose other end’s certificate is checked', async () => {
    proxy = await startConnectProxy();
    environment.HTTPS_PROXY = `http://127.0.0.1:${proxy.port}`;
    const name = `${named(registry, 'reg.test')}/proxy/app:1`;
    await push(name);
    await pull(name);
    expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${named(registry, 'reg.test')}`]));
    await expect(pull(`${named(registry, 'other.test')}/proxy/app:1`)).rejects.toMatchObject({
      message: expect.stringContaining('its certificate is for another name'),
    });
    environment.SSL_CERT_FILE = '';
    await expect(pull(name)).rejects.toMatchObject({ message: expect.stringContaining('unknown authority') });
  });

  it('is pulled on where a tunnel broke', async () => {
    proxy = await startConnectProxy();
    environment.https_proxy = `127.0.0.1:${proxy.port}`;
    const name = `${named(registry, 'reg.test')}/proxy/cut:1`;
    await push(name);
    const { reference, session } = connect(name);
    using _session = session;
    await using pulled = await openRegistryImage(session, reference, { spoolDirectory: hostPath(home) });
    proxy.cutAfterBytes = 100_000;
    await pulled.fetchLayers();
    expect(proxy.cutAfterBytes).toBe(Number.POSITIVE_INFINITY);
    expect(await validateImage(pulled)).toEqual([]);
  });

  it('is not asked through it on this machine, nor where NO_PROXY says so', async () => {
    proxy = await startConnectProxy();
    const address = `http://127.0.0.1:${proxy.port}`;
    Object.assign(environment, { HTTPS_PROXY: address, HTTP_PROXY: address });
    await push(`${registry.host}/proxy/direct:1`);
    await push(`${plain.host}/proxy/direct:1`);
    environment.NO_PROXY = 'other.test, .test';
    await expect(pull(`${named(registry, 'reg.test')}/proxy/direct:1`)).rejects.toMatchObject({
      code: 'registry-failed',
    });
    expect(proxy.requests).toEqual([]);
  });

  it('is reached over plain HTTP through one', async () => {
    proxy = await startConnectProxy();
    const address = `http://127.0.0.1:${proxy.port}`;
    Object.assign(environment, { HTTPS_PROXY: address, HTTP_PROXY: address });
    const host = named(plain, 'plain.test');
    await push(`${host}/proxy/plain:1`, [host]);
    await pull(`${host}/proxy/plain:1`, [host]);
    expect(proxy.requests).toContain(`GET http://${host}/v2/proxy/plain/manifests/1`);
  });

  it('is reached through one that wants a password and TLS, and told plainly when that is wrong', async () => {
    proxy = await startConnectProxy({ tls: server, credential: 'me:p@ss word' });
    const name = `${named(registry, 'reg.test')}/proxy/secret:1`;
    environment.HTTPS_PROXY = `https://me:p%40ss%20word@127.0.0.1:${proxy.port}`;
    await push(name);
    environment.HTTPS_PROXY = `https://me:wrong@127.0.0.1:${proxy.port}`;
    await expect(pull(name)).rejects.toMatchObject({
      code: 'registry-failed',
      message: expect.stringMatching(/^(?!.*wrong).*the proxy 127\.0\.0\.1:\d+ answers 407/),
    });
    environment.HTTPS_PROXY = `http://127.0.0.1:${proxy.port}`;
    await expect(pull(name)).rejects.toMatchObject({
      message: expect.stringContaining('the proxy 127.0.0.1'),
    });
    environment.HTTPS_PROXY = 'http://127.0.0.1:1';
    await expect(pull(name)).rejects.toMatchObject({
      message: expect.stringContaining('the proxy 127.0.0.1:1 cannot be reached'),
    });
  });
});
