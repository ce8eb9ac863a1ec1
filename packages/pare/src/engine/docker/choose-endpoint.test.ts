import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseEndpoint, findNamedEndpoint } from './choose-endpoint.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'pare-home-'));
});
afterEach(() => rm(home, { recursive: true }));

async function writeContext(name: string, meta: unknown, tls: Readonly<Record<string, string>> = {}) {
  const hash = createHash('sha256').update(name).digest('hex');
  const directory = join(home, '.docker/contexts/meta', hash);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'meta.json'), typeof meta === 'string' ? meta : JSON.stringify(meta));
  const certificates = join(home, '.docker/contexts/tls', hash, 'docker');
  await mkdir(certificates, { recursive: true });
  for (const [file, text] of Object.entries(tls)) await writeFile(join(certificates, file), text);
}

const metaFor = (host: string, skip = false) => ({
  Name: 'ctx',
  Metadata: {},
  Endpoints: { docker: { Host: host, SkipTLSVerify: skip } },
});

async function useContext(name: string) {
  await mkdir(join(home, '.docker'), { recursive: true });
  await writeFile(join(home, '.docker/config.json'), JSON.stringify({ auths: {}, currentContext: name }));
}

describe('chooseEndpoint', () => {
  it('takes the usual socket when nobody says anything', async () => {
    expect(await chooseEndpoint({}, { HOME: home })).toEqual({ kind: 'unix', path: '/var/run/docker.sock' });
  });

  it('goes by host, context, DOCKER_HOST, DOCKER_CONTEXT and the context in use, in this order', async () => {
    for (const name of ['one', 'two', 'three']) await writeContext(name, metaFor(`tcp://${name}:1`));
    await useContext('three');
    const source = async (choice: object, environment: object) =>
      (await findNamedEndpoint(choice, { HOME: home, ...environment }))?.source;
    const all = { DOCKER_HOST: 'tcp://h:1', DOCKER_CONTEXT: 'two' };
    expect(await source({ host: 'tcp://a:1', context: 'one' }, all)).toBe('--host');
    expect(await source({ context: 'one' }, all)).toBe('--context one');
    expect(await source({}, all)).toBe('DOCKER_HOST');
    expect(await source({}, { DOCKER_CONTEXT: 'two' })).toBe('DOCKER_CONTEXT two');
    expect(await source({}, {})).toBe('docker context three');
    expect(await source({}, { DOCKER_CONTEXT: 'default' })).toBeUndefined();
  });

  it('reads TLS material of a context', async () => {
    await writeContext('secure', metaFor('tcp://h:2376', true), {
      'ca.pem': 'CA',
      'cert.pem': 'C',
      'key.pem': 'K',
    });
    expect(await chooseEndpoint({ context: 'secure' }, { HOME: home })).toEqual({
      kind: 'tls',
      hostname: 'h',
      port: 2376,
      tls: { verify: false, ca: 'CA', cert: 'C', key: 'K' },
    });
  });

  it('reads TLS material of DOCKER_CERT_PATH', async () => {
    await writeFile(join(home, 'ca.pem'), 'CA');
    const environment = {
      HOME: home,
      DOCKER_HOST: 'tcp://h',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: home,
    };
    expect(await chooseEndpoint({}, environment)).toEqual({
      kind: 'tls',
      hostname: 'h',
      port: 2376,
      tls: { verify: true, ca: 'CA' },
    });
    await writeFile(join(home, 'cert.pem'), 'C');
    await expect(chooseEndpoint({}, environment)).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringContaining('key.pem'),
    });
  });

  it('takes DOCKER_CONFIG for the directory of contexts', async () => {
    await writeContext('one', metaFor('unix:///one'));
    const environment = { HOME: '/nonexistent', DOCKER_CONFIG: join(home, '.docker') };
    expect(await chooseEndpoint({ context: 'one' }, environment)).toEqual({ kind: 'unix', path: '/one' });
  });

  it.each([
    ['', 'JSON'],
    ['{}', 'Endpoints'],
    ['{"Endpoints":{"docker":{"Host":1}}}', 'string'],
    ['{"Endpoints":{"kubernetes":{}}}', 'docker'],
  ])('refuses a context that says %j', async (text, message) => {
    await writeContext('broken', text);
    await expect(chooseEndpoint({ context: 'broken' }, { HOME: home })).rejects.toMatchObject({
      code: 'no-engine',
      message: expect.stringMatching(new RegExp(`meta\\.json.*${message}`)),
    });
  });

  it('names a context that is not there', async () => {
    await useContext('gone');
    await expect(chooseEndpoint({}, { HOME: home })).rejects.toMatchObject({
      code: 'no-engine',
      message: 'there is no docker context "gone"',
    });
  });

  it('refuses an address in the wrong form', async () => {
    await expect(chooseEndpoint({ host: 'nonsense' }, { HOME: home })).rejects.toMatchObject({
      code: 'usage',
    });
  });
});
