import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialsOfFiles } from './credentials.ts';

let home = '';
let path: string | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'pare-credentials-'));
  mkdirSync(join(home, '.docker'));
  mkdirSync(join(home, '.config/containers'), { recursive: true });
  path = process.env.PATH;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(home, { recursive: true, force: true });
});

const auth = (text: string) => ({ auth: Buffer.from(text).toString('base64') });
const docker = (config: unknown) =>
  writeFileSync(
    join(home, '.docker/config.json'),
    typeof config === 'string' ? config : JSON.stringify(config),
  );
const find = (host: string, repository?: string) =>
  credentialsOfFiles({ HOME: home, XDG_RUNTIME_DIR: join(home, 'run') }, repository)(host);

/** Puts a helper on PATH that answers as the script says. */
function helper(name: string, script: string): void {
  const file = join(home, `docker-credential-${name}`);
  writeFileSync(file, `#!/bin/sh\nread -r server\n${script}\n`);
  chmodSync(file, 0o755);
  process.env.PATH = `${home}:${path}`;
}

describe('credentialsOfFiles', () => {
  it('is anonymous where nothing is known', async () => {
    expect(await find('reg.example')).toBeUndefined();
    docker('');
    expect(await find('reg.example')).toBeUndefined();
  });

  it('reads auths by host, by URL, and Docker Hub by its old name', async () => {
    docker({
      auths: {
        'reg.example:5000': auth('me:pa:ss'),
        'https://old.example/v2/': auth('old:x'),
        'https://index.docker.io/v1/': auth('hub:y'),
        'token.example': { identitytoken: 'abc' },
      },
    });
    expect(await find('reg.example:5000')).toEqual({ kind: 'password', username: 'me', password: 'pa:ss' });
    expect(await find('reg.example')).toBeUndefined();
    expect(await find('old.example')).toMatchObject({ username: 'old' });
    expect(await find('docker.io')).toMatchObject({ username: 'hub' });
    expect(await find('token.example')).toEqual({ kind: 'identity-token', token: 'abc' });
  });

  it('reads podman’s file before docker’s', async () => {
    docker({ auths: { 'a.example': auth('docker:1'), 'b.example': auth('docker:1') } });
    writeFileSync(
      join(home, '.config/containers/auth.json'),
      JSON.stringify({ auths: { 'a.example': auth('podman:1') } }),
    );
    expect(await find('a.example')).toMatchObject({ username: 'podman' });
    expect(await find('b.example')).toMatchObject({ username: 'docker' });
  });

  it('takes the entry that says the most of a repository, and none of another one', async () => {
    docker({
      auths: {
        'a.example/team': auth('team:1'),
        'a.example': auth('all:1'),
        'a.example/team/app': auth('app:1'),
        'b.example/team': auth('b:1'),
        'c.example/v2/': auth('old:1'),
      },
    });
    expect(await find('a.example', 'team/app')).toMatchObject({ username: 'app' });
    expect(await find('a.example', 'team/app/more')).toMatchObject({ username: 'app' });
    expect(await find('a.example', 'team/apple')).toMatchObject({ username: 'team' });
    expect(await find('a.example', 'other')).toMatchObject({ username: 'all' });
    expect(await find('b.example', 'teams/app')).toBeUndefined();
    expect(await find('c.example', 'any')).toMatchObject({ username: 'old' });
  });

  it('reads what podman login writes without being told where', async () => {
    mkdirSync(join(home, 'run/containers'), { recursive: true });
    writeFileSync(
      join(home, 'run/containers/auth.json'),
      JSON.stringify({ auths: { 'a.example': auth('run:1') } }),
    );
    docker({ auths: { 'a.example': auth('docker:1') } });
    expect(await find('a.example')).toMatchObject({ username: 'run' });
  });

  it('asks the helper of a host, or the store for all', async () => {
    helper(
      'mine',
      'echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"u\\",\\"Secret\\":\\"for $server\\"}"',
    );
    helper('store', 'echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"t\\"}"');
    docker({ credHelpers: { 'a.example': 'mine' }, credsStore: 'store' });
    expect(await find('a.example')).toEqual({ kind: 'password', username: 'u', password: 'for a.example' });
    expect(await find('b.example')).toEqual({ kind: 'identity-token', token: 't' });
  });

  it('is anonymous where a helper has nothing, and says when it fails or is no name', async () => {
    docker({ credsStore: 'empty' });
    helper('empty', 'echo "credentials not found in native keychain"; exit 1');
    expect(await find('a.example')).toBeUndefined();
    helper('empty', 'echo "the vault is locked" >&2; exit 1');
    await expect(find('a.example')).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('the vault is locked'),
    });
    docker({ credsStore: 'missing' });
    await expect(find('a.example')).rejects.toMatchObject({ code: 'denied' });
    docker({ credsStore: '../../bin/sh' });
    await expect(find('a.example')).rejects.toMatchObject({ code: 'denied' });
  });

  it('says which file is damaged', async () => {
    for (const text of ['{', '[]', '{"auths": 1}', '{"auths": {"a.example": {"auth": "bm9jb2xvbg=="}}}']) {
      docker(text);
      await expect(find('a.example')).rejects.toMatchObject({
        code: 'corrupt',
        message: expect.stringContaining('config.json'),
      });
    }
  });

  it('says so where a directory is in the place of the file, as docker makes one that is to be mounted and is not there', async () => {
    mkdirSync(join(home, '.docker/config.json'), { recursive: true });
    await expect(find('a.example')).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(/config\.json cannot be read: EISDIR/),
    });
  });
});
