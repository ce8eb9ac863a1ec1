import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trustOfFiles } from './trust.ts';

const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-trust-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function put(name: string, text: string): string {
  const file = join(directory, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
}
const trust = (host: string, environment: Record<string, string> = {}) =>
  trustOfFiles({ HOME: join(directory, 'home'), ...environment }, join(directory, 'etc'))(host);

describe('trustOfFiles', () => {
  it('always trusts Node’s own authorities, each once', async () => {
    const file = put(
      'bundle',
      `${rootCertificates.slice(0, 3).join('\n')}\n${pem('bundle')}\n${pem('bundle')}`,
    );
    const { ca } = await trust('reg.example', { SSL_CERT_FILE: file });
    expect(ca).toEqual([...rootCertificates, pem('bundle')]);
  });

  it('adds what the environment names, and passes over what is not there', async () => {
    put('many/one.pem', pem('one'));
    put('many/two.crt', pem('two'));
    put('many/README', pem('no'));
    const { ca } = await trust('reg.example', {
      SSL_CERT_FILE: join(directory, 'none'),
      SSL_CERT_DIR: `${join(directory, 'many')}:${join(directory, 'none')}`,
      NODE_EXTRA_CA_CERTS: put('extra', pem('extra')),
    });
    const added = ca.filter((one) => !rootCertificates.includes(one));
    expect(added.toSorted()).toEqual([pem('extra'), pem('one'), pem('two')].toSorted());
  });

  it('trusts what lies in certs.d for that host and port alone', async () => {
    put('etc/docker/certs.d/reg.example:5000/ca.crt', pem('docker'));
    put('etc/containers/certs.d/reg.example:5000/ca.crt', pem('containers'));
    put('home/.config/containers/certs.d/reg.example:5000/ca.crt', pem('own'));
    const none = { SSL_CERT_FILE: '/nonexistent' };
    const added = async (host: string) =>
      (await trust(host, none)).ca.filter((one) => !rootCertificates.includes(one)).toSorted();
    expect(await added('reg.example:5000')).toEqual([pem('containers'), pem('docker'), pem('own')]);
    expect(await added('reg.example')).toEqual([]);
    expect(await added('other.example:5000')).toEqual([]);
  });

  it('shows the certificates of ours that lie there, with their keys', async () => {
    put('etc/docker/certs.d/reg.example/b.cert', pem('b'));
    put('etc/docker/certs.d/reg.example/b.key', '-----BEGIN PRIVATE KEY-----b');
    put('etc/docker/certs.d/reg.example/a.cert', pem('a'));
    put('etc/docker/certs.d/reg.example/a.key', '-----BEGIN PRIVATE KEY-----a');
    expect(await trust('reg.example')).toMatchObject({
      cert: [pem('a'), pem('b')],
      key: ['-----BEGIN PRIVATE KEY-----a', '-----BEGIN PRIVATE KEY-----b'],
    });
  });

  it('says which file there cannot be read', async () => {
    put('etc/docker/certs.d/a.example/other', '');
    symlinkSync('ca.crt', join(directory, 'etc/docker/certs.d/a.example/ca.crt'));
    await expect(trust('a.example')).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(/a\.example\/ca\.crt cannot be read: ELOOP/),
    });
  });

  it('says which file there is no good', async () => {
    put('etc/docker/certs.d/a.example/client.cert', pem('a'));
    put('etc/docker/certs.d/b.example/ca.crt', 'noise');
    put('etc/docker/certs.d/c.example/ca.crt', '');
    for (const [host, name] of [
      ['a.example', 'client.key'],
      ['b.example', 'ca.crt'],
      ['c.example', 'ca.crt'],
    ] as const) {
      await expect(trust(host)).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringContaining(name),
      });
    }
  });
});
