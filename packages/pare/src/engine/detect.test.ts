import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { fakeDaemon, fakeDockerDaemon } from '@pare/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Candidate,
  type DetectOptions,
  detectEngine,
  detectEveryEngine,
  usualCandidates,
} from './detect.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-detect-'));
});
afterEach(() => rm(directory, { recursive: true }));

const at = (name: string, path: string): Candidate => ({ name, endpoint: { kind: 'unix', path } });
const detect = (options: Partial<DetectOptions>) =>
  detectEngine({
    engine: 'auto',
    runId: 'run.1',
    cacheDirectory: hostPath(directory),
    temporaryDirectory: hostPath(directory),
    environment: { HOME: directory },
    ...options,
  });

describe('detectEngine', () => {
  it('takes the first that answers', async () => {
    await using daemon = await fakeDockerDaemon();
    await using engine = await detect({
      candidates: [at('docker', join(directory, 'none')), at('podman', daemon.socket)],
    });
    expect(engine.info.version).toBe('20.10.24');
  });

  it('lists every engine that it tried and why each failed, with a hint', async () => {
    // A socket file without a listener, as a killed daemon leaves it.
    const stale = join(directory, 'stale');
    spawnSync(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(stale)}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    await using silly = await fakeDaemon((_, response) => response.writeHead(500).end('nginx'));
    const candidates = [
      at('docker', join(directory, 'none')),
      at('rootless', stale),
      at('podman', silly.socket),
    ];
    await expect(detect({ candidates })).rejects.toMatchObject({
      code: 'no-engine',
      hint: expect.stringContaining('DOCKER_HOST'),
      details: [
        `docker: ${directory}/none: there is no socket`,
        `rootless: ${stale}: connection refused`,
        `podman: ${silly.socket}: asking the engine for its version: nginx`,
      ],
      message: expect.stringContaining('docker: '),
    });
  });

  it('tries nothing else when the user named an engine', async () => {
    await using daemon = await fakeDockerDaemon();
    const candidates = [at('docker', daemon.socket)];
    const missing = `unix://${directory}/none`;
    await expect(detect({ candidates, host: missing })).rejects.toMatchObject({ code: 'no-engine' });
    const environment = { HOME: directory, DOCKER_HOST: missing };
    await expect(detect({ candidates, environment })).rejects.toMatchObject({
      code: 'no-engine',
      details: [`DOCKER_HOST: ${directory}/none: there is no socket`],
    });
    expect(daemon.requests).toEqual([]);
  });

  it('throws the reason of an abort, not that nothing answered', async () => {
    await using silent = await fakeDaemon(() => {});
    const controller = new AbortController();
    const detecting = detect({ candidates: [at('docker', silent.socket)], signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(detecting).rejects.toBe(reason);
  });
});

describe('usualCandidates', () => {
  const names = (engine: 'auto' | 'docker', environment: object) =>
    usualCandidates(engine, { ...environment }).map(({ name, endpoint }) =>
      endpoint.kind === 'unix' ? `${name} ${endpoint.path}` : name,
    );

  it('looks for Docker first, then for what speaks its API', () => {
    expect(names('auto', { XDG_RUNTIME_DIR: '/run/user/1', HOME: '/home/a' })).toEqual([
      'docker /var/run/docker.sock',
      'docker (rootless) /run/user/1/docker.sock',
      'docker (desktop) /home/a/.docker/run/docker.sock',
      'podman /run/podman/podman.sock',
      'podman (rootless) /run/user/1/podman/podman.sock',
    ]);
    expect(names('auto', {})).toEqual(['docker /var/run/docker.sock', 'podman /run/podman/podman.sock']);
    expect(names('docker', {})).toEqual(['docker /var/run/docker.sock']);
  });
});

describe('detectEveryEngine', () => {
  const every = (options: Partial<DetectOptions>) =>
    detectEveryEngine({
      engine: 'auto',
      runId: 'run.1',
      cacheDirectory: hostPath(directory),
      temporaryDirectory: hostPath(directory),
      environment: { HOME: directory },
      ...options,
    });

  it('gives all that answer, each socket once, and says why the others do not', async () => {
    await using one = await fakeDockerDaemon();
    await using other = await fakeDockerDaemon();
    const link = join(directory, 'link');
    await symlink(one.socket, link);
    const environment = { HOME: directory, DOCKER_HOST: `unix://${other.socket}` };
    const candidates = [at('docker', one.socket), at('podman', link), at('third', join(directory, 'none'))];
    const { engines, silent } = await every({ environment, candidates });
    for (const { engine } of engines) await engine[Symbol.asyncDispose]();
    expect(engines.map(({ where }) => where)).toEqual([
      `docker 20.10.24 at ${other.socket}`,
      `docker 20.10.24 at ${one.socket}`,
    ]);
    expect(silent).toEqual([`third: ${directory}/none: there is no socket`]);
  });

  it('gives the one that the user named, and no other', async () => {
    await using one = await fakeDockerDaemon();
    await using other = await fakeDockerDaemon();
    const { engines } = await every({
      host: `unix://${one.socket}`,
      candidates: [at('docker', other.socket)],
    });
    for (const { engine } of engines) await engine[Symbol.asyncDispose]();
    expect(engines.map(({ where }) => where)).toEqual([`docker 20.10.24 at ${one.socket}`]);
    expect(other.requests).toEqual([]);
  });
});
