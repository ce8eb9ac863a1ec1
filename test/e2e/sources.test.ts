import { copyFile, mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { delimiter, join } from 'node:path';
import {
  canonicalJson,
  hostPath,
  makeImage,
  openDockerArchive,
  openOciLayout,
  openTarLayer,
  parseImagePath,
  type TarWrite,
  validateImage,
  writeDockerArchive,
  writeFileAtomically,
  writeOciLayout,
  writeTar,
} from '@pare/oci';
import { docker, type EngineSnapshot, engineSnapshot } from '@pare/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeAuthority } from '../integration/registry/certificates.ts';
import { startConnectProxy } from '../integration/registry/connect-proxy.ts';
import { memoryLayer } from '../integration/registry/memory-image.ts';
import { passwordFile, type RealRegistry, startRegistry } from '../integration/registry/real-registry.ts';
import { buildImage, perlServer, removeImages } from './docker.ts';
import { openScratch, runPare, type Scratch, startPare } from './pare-command.ts';

const tag = 'pare-e2e/sources:test';
let registry: RealRegistry;
let index: Server;
let before: EngineSnapshot;
let scratch: Scratch;
/** Inputs of the tests; `%` in an argument stands for it. */
let inputs = '';
let appId = '';

beforeAll(async () => {
  scratch = await openScratch();
  inputs = join(scratch.artifacts, '..');
  registry = await startRegistry();
  index = await serveForeignIndex();
  await buildImage(tag, 'FROM BASE\nEXPOSE 80\nCOPY server.pl /server.pl\nCMD ["perl","/server.pl"]', {
    'server.pl': perlServer(200, 'fine'),
  });
  await docker(['save', '--output', join(inputs, 'app.tar'), tag]);
  await removeImages(tag);
  await makeBadInputs();
  before = await engineSnapshot();
});

afterAll(async () => {
  index?.close();
  await registry?.[Symbol.asyncDispose]();
  await scratch?.[Symbol.asyncDispose]();
});

const once = async function* (bytes: Uint8Array) {
  yield bytes;
};

async function makeBadInputs(): Promise<void> {
  await using image = await openDockerArchive(hostPath(join(inputs, 'app.tar')));
  appId = image.configDigest;
  await writeFileAtomically(join(inputs, 'short.tar'), writeDockerArchive(image, []));
  await truncate(join(inputs, 'short.tar'), 40_000_000);
  await writeFile(join(inputs, 'noise.tar'), Buffer.alloc(5000, 'noise'));
  const metadata = { mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, xattrs: new Map() };
  const hostile: TarWrite = {
    entry: { ...metadata, kind: 'file', path: parseImagePath('/aa/escaped'), sizeBytes: 1 },
    content: once(Buffer.from('x')),
  };
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar([hostile])) chunks.push(chunk);
  // The writer refuses such a name; a letter more in the checksum makes up for the two dots.
  const tar = Buffer.concat(chunks);
  tar.write('../escaped\0', 0, 'latin1');
  tar.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of tar.subarray(0, 512)) sum += byte;
  tar.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  await writeFile(join(inputs, 'layer.tar'), tar);
  const { createHash } = await import('node:crypto');
  const diffId = `sha256:${createHash('sha256').update(tar).digest('hex')}` as const;
  const layer = openTarLayer({ diffId, file: hostPath(join(inputs, 'layer.tar')) });
  const config = { ...image.config, config: { Cmd: ['/aa/escaped'] }, history: [] };
  const climbing = makeImage({ reference: 'x', config, layers: [layer] });
  await writeFileAtomically(join(inputs, 'hostile.tar'), writeDockerArchive(climbing, ['x:1']));
  await writeOciLayout(image, hostPath(join(inputs, 'changed')), 'x');
  const blob = join(inputs, 'changed/blobs/sha256', image.configDigest.slice('sha256:'.length));
  await writeFile(blob, '{}');
}

/** A registry that has one image, for a machine that nobody has. */
async function serveForeignIndex(): Promise<Server> {
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: `sha256:${'a'.repeat(64)}`,
        size: 10,
        platform: { os: 'linux', architecture: 's390x' },
      },
    ],
  });
  const server = createServer((request, response) => {
    if (request.url?.includes('/private/')) response.writeHead(401).end();
    else if (request.url?.includes('/manifests/')) response.end(manifest);
    else response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const portOf = (server: Server) => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};
const argument = (text: string) =>
  text
    .replace('%', inputs)
    .replace('REGISTRY', registry.host)
    .replace('INDEX', `127.0.0.1:${portOf(index)}`);

async function leftBehind(): Promise<readonly string[]> {
  const left = await readdir(scratch.temporary, { recursive: true, withFileTypes: true });
  return left.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

/** What the engine has of the application's image: itself, and containers of it. */
async function ofAppInEngine(): Promise<readonly string[]> {
  const images = await docker(['images', '--all', '--quiet', '--no-trunc']);
  if (!images.includes(appId)) return [];
  return [appId, ...(await docker(['ps', '--all', '--quiet', '--filter', `ancestor=${appId}`])).split('\n')];
}

describe('a source or sink that is no good', () => {
  test.each([
    ['a file that is not there', ['docker-archive:%/none.tar'], 12, 'image-not-found', 'none.tar'],
    ['an archive that was cut short', ['docker-archive:%/short.tar'], 13, 'image-invalid', 'short.tar'],
    ['a file that is no archive', ['docker-archive:%/noise.tar'], 13, 'image-invalid', 'noise.tar'],
    ['an archive with names that climb', ['docker-archive:%/hostile.tar'], 13, 'image-invalid', '..'],
    ['a blob that is not what its digest says', ['oci:%/changed:x'], 13, 'image-invalid', 'sha256:'],
    ['a name that the layout lacks', ['oci:%/changed:y'], 12, 'image-not-found', 'y'],
    ['a directory that is no layout', ['oci:%/tmp'], 13, 'image-invalid', 'no OCI layout'],
    ['a prefix that nobody knows', ['tarball:%/app.tar'], 2, 'usage', 'tarball:'],
    ['a path without a prefix', ['%/app.tar'], 2, 'usage', 'path'],
    ['an index without our platform', ['docker://INDEX/app:1'], 14, 'image-foreign-architecture', 's390x'],
    ['an image that a registry lacks', ['docker://REGISTRY/none:1'], 12, 'image-not-found', 'none'],
    ['a registry that wants a login', ['docker://INDEX/private/app:1'], 17, 'registry-denied', '401'],
    [
      'a registry where nothing listens',
      ['docker://127.0.0.1:1/app:1'],
      18,
      'registry-failed',
      'nothing listens',
    ],
    ['a Dockerfile that is not there', ['dockerfile:%/tmp'], 12, 'image-not-found', 'Dockerfile'],
    [
      'a sink in a directory that is not there',
      ['--to', 'docker-archive:%/no/x.tar', 'docker-archive:%/app.tar'],
      2,
      'usage',
      'x.tar',
    ],
    [
      'a directory as sink that has something in it',
      ['--to', 'rootfs:%/changed', 'docker-archive:%/app.tar'],
      2,
      'usage',
      'not empty',
    ],
  ])(
    'is told by its own message and code, and leaves nothing: %s',
    async (_what, args, code, error, names) => {
      const files = (await readdir(inputs)).sort();
      const ended = await runPare(
        ['--json', 'build', '--remove-file-artifacts', ...args.map(argument)],
        scratch,
      );
      const rendered = JSON.parse(ended.stdout).error;
      expect(rendered).toMatchObject({
        code: error,
        message: expect.stringContaining(names),
        hint: expect.stringMatching(/\w/),
      });
      expect(ended.code).toBe(code);
      expect(await leftBehind()).toEqual([]);
      expect((await readdir(inputs)).sort()).toEqual(files);
      expect(await engineSnapshot()).toEqual(before);
    },
  );
});

describe('pare build from an archive', () => {
  test('writes the verified image to every sink, and leaves the engine as it was', async () => {
    const ended = await runPare(
      [
        '--json',
        'build',
        '--remove-file-artifacts',
        '--to',
        argument('docker-archive:%/slim.tar:my/slim:1'),
        '--to',
        argument('oci:%/slim:one'),
        '--to',
        argument('docker://REGISTRY/slim:one'),
        argument('docker-archive:%/app.tar'),
      ],
      scratch,
    );
    expect(ended.stderr).not.toContain('pare:');
    expect(ended.code).toBe(0);
    const report = JSON.parse(ended.stdout);
    expect(report).toMatchObject({ tags: [], verdict: { passed: true } });
    await using archive = await openDockerArchive(hostPath(join(inputs, 'slim.tar')), {
      reference: 'my/slim:1',
    });
    await using layout = await openOciLayout(hostPath(join(inputs, 'slim')), 'one');
    expect(await validateImage(archive)).toEqual([]);
    expect([archive.configDigest, layout.configDigest]).toEqual([report.slim.id, report.slim.id]);
    const info = await runPare(['--json', 'info', argument('docker://REGISTRY/slim:one')], scratch, {
      // No engine is asked.
      DOCKER_HOST: 'unix:///nonexistent',
    });
    expect(JSON.parse(info.stdout).id).toBe(report.slim.id);
    expect(await leftBehind()).toEqual([]);
    expect(await engineSnapshot()).toEqual(before);
  });

  test('leaves nothing when Ctrl-C comes while the image is brought into the engine', async () => {
    const { child, ended } = startPare(
      [
        'build',
        '--remove-file-artifacts',
        '--to',
        argument('oci:%/never:x'),
        argument('docker-archive:%/app.tar'),
      ],
      scratch,
    );
    let interrupted = false;
    child.stderr?.on('data', (text: Buffer) => {
      // A second one would end it at once, and leave the rest to `pare gc`.
      if (interrupted || !text.toString().includes('bringing the image')) return;
      interrupted = true;
      child.kill('SIGINT');
    });
    expect((await ended).code).toBe(130);
    expect(await leftBehind()).toEqual([]);
    expect(await readdir(inputs)).not.toContain('never');
    await expect.poll(engineSnapshot, { timeout: 30_000 }).toEqual(before);
  });
});

describe('pare observe, verify and watch', () => {
  test.each([
    ['observe', ['docker-archive:%/none.tar'], 12, 'image-not-found', 'none.tar'],
    ['observe', ['tarball:%/app.tar'], 2, 'usage', 'tarball:'],
    ['verify', ['oci:%/changed:x'], 13, 'image-invalid', 'sha256:'],
    [
      'verify',
      ['--fat', 'docker://REGISTRY/none:1', 'docker-archive:%/app.tar'],
      12,
      'image-not-found',
      'none',
    ],
    ['verify', ['docker-archive:%/app.tar'], 2, 'usage', 'no report'],
    ['watch', ['docker://INDEX/private/app:1'], 17, 'registry-denied', '401'],
    ['watch', ['docker-archive:%/short.tar'], 13, 'image-invalid', 'short.tar'],
  ])(
    '%s refuses a source as pare build does, and leaves nothing: %j',
    async (command, args, code, error, names) => {
      const ended = await runPare(['--json', command, ...args.map(argument)], scratch);
      expect(JSON.parse(ended.stdout).error).toMatchObject({
        code: error,
        message: expect.stringContaining(names),
        hint: expect.stringMatching(/\w/),
      });
      expect(ended.code).toBe(code);
      expect(await leftBehind()).toEqual([]);
      expect(await ofAppInEngine()).toEqual([]);
    },
  );

  test('take what is in a file or a registry, find its report by its ID, and leave the engine as it was', async () => {
    const directory = join(inputs, 'work');
    await mkdir(directory);
    const run = (...args: readonly string[]) => runPare(args.map(argument), scratch, {}, directory);
    const slim = 'docker-archive:%/watched.tar:my/watched:1';
    const built = await run(
      'build',
      '--keep',
      'observed',
      '--to',
      slim,
      '--to',
      'docker://REGISTRY/watched:1',
      'docker-archive:%/app.tar',
    );
    expect(built.code, built.stderr).toBe(0);

    const observed = await run('--json', 'observe', 'docker-archive:%/app.tar');
    expect(observed.code, observed.stderr).toBe(0);
    const { image, files } = JSON.parse(observed.stdout);
    expect(image.reference).toBe(argument('docker-archive:%/app.tar'));
    expect(files).toContainEqual(expect.objectContaining({ path: '/server.pl', existed: true }));

    const verified = await run('--json', 'verify', 'docker://REGISTRY/watched:1');
    expect(verified.code, verified.stderr).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      against: { kind: 'report' },
      profile: 'report',
      verdict: { passed: true },
    });
    const compared = await run('--json', 'verify', '--fat', 'docker-archive:%/app.tar', slim);
    expect(compared.code, compared.stderr).toBe(0);
    expect(JSON.parse(compared.stdout)).toMatchObject({
      against: { kind: 'image' },
      verdict: { passed: true },
    });

    const watched = await run('--json', 'watch', '--cmd', '["perl","-e","-e q(/usr/bin/apt)"]', slim);
    expect(watched.code, watched.stderr).toBe(0);
    expect(JSON.parse(watched.stdout).requests).toEqual([expect.objectContaining({ path: '/usr/bin/apt' })]);

    expect(await leftBehind()).toEqual([]);
    expect(await ofAppInEngine()).toEqual([]);
  });
});

describe('pare pull and pare push', () => {
  test('bring an image into the store and out again, unchanged', async () => {
    const environment = { XDG_DATA_HOME: join(inputs, 'data') };
    const run = async (...args: readonly string[]) => {
      const ended = await runPare(['--json', ...args.map(argument)], scratch, environment);
      expect(ended.stderr).not.toContain('pare:');
      return JSON.parse(ended.stdout);
    };
    const { written } = await run('push', 'docker-archive:%/app.tar', 'docker://REGISTRY/app:1');
    const pulled = await run('pull', 'REGISTRY/app:1', '--tag', 'mine:1');
    expect(pulled.tags).toEqual(['mine:1']);
    expect(written).toContain(pulled.manifestDigest);
    const again = await run('push', 'mine:1', 'docker://REGISTRY/copy:1');
    expect(again.written).toContain(pulled.manifestDigest);
    const denied = await runPare(['--json', 'pull', argument('INDEX/app:1')], scratch, environment);
    expect(denied.code).toBe(14);
    expect(await leftBehind()).toEqual([]);
  });

  test('reach a registry as the machine is set up: authority, proxy, credential helper', async () => {
    const layer = await memoryLayer(writeTar([]));
    const config = {
      ...{ architecture: 'amd64', os: 'linux', config: { Cmd: ['/none'] } },
      ...{ rootfs: { type: 'layers' as const, diff_ids: [] }, history: [] },
    };
    const small = makeImage({ reference: 'x', config, layers: [layer] });
    await writeFileAtomically(join(inputs, 'small.tar'), writeDockerArchive(small, ['x:1']));
    const authority = makeAuthority(inputs, 'authority');
    const path = join(inputs, 'htpasswd');
    await writeFile(path, passwordFile);
    await using secure = await startRegistry({
      tls: authority.sign('server', 'IP:127.0.0.1,DNS:reg.test'),
      auth: { htpasswd: { realm: 'pare', path } },
    });
    await using proxy = await startConnectProxy();
    const named = secure.host.replace('127.0.0.1', 'reg.test');
    const vault = join(inputs, 'vault');
    const login = join(inputs, 'docker');
    await mkdir(vault);
    await mkdir(login);
    const stored = { ServerURL: named, Username: 'tester', Secret: 'secret' };
    await writeFile(join(vault, named.replaceAll(/[^A-Za-z0-9]/g, '_')), JSON.stringify(stored));
    await writeFile(join(login, 'config.json'), JSON.stringify({ credHelpers: { [named]: 'pare-test' } }));
    const push = (more: Record<string, string>, ...args: readonly string[]) =>
      runPare(
        ['--json', 'push', ...args, argument('docker-archive:%/small.tar'), `docker://${named}/app:1`],
        scratch,
        {
          ...{ HOME: inputs, XDG_RUNTIME_DIR: inputs, NODE_EXTRA_CA_CERTS: '', SSL_CERT_DIR: '' },
          ...{ DOCKER_CONFIG: login, PARE_TEST_VAULT: vault, SSL_CERT_FILE: '/nonexistent' },
          HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
          PATH: `${join(import.meta.dirname, '../integration/registry/bin')}${delimiter}${process.env.PATH}`,
          ...more,
        },
      );
    const refused = await push({});
    expect(refused.code).toBe(18);
    expect(JSON.parse(refused.stdout).error.message).toContain('unknown authority');
    expect((await push({ SSL_CERT_FILE: authority.certificate })).code).toBe(0);
    expect((await push({}, '--insecure-registry', named)).code).toBe(0);
    expect((await push({ SSL_CERT_FILE: authority.certificate, DOCKER_CONFIG: inputs })).code).toBe(17);
    const trusted = join('/etc/docker/certs.d', named);
    await mkdir(trusted, { recursive: true });
    try {
      await copyFile(authority.certificate, join(trusted, 'ca.crt'));
      expect((await push({})).code).toBe(0);
    } finally {
      await rm(trusted, { recursive: true });
    }
    expect(new Set(proxy.requests)).toEqual(new Set([`CONNECT ${named}`]));
    expect(await leftBehind()).toEqual([]);
  });
});
