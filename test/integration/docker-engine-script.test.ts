import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath, writeDockerArchive } from '@pare/oci';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { detectEngine } from '../../packages/pare/src/engine/detect.ts';
import { realEngine, testBase } from '../../packages/testkit/src/index.ts';

/**
 * `bin/engine` with a dockerd of its own, beside the machine's: another socket, data and state, and a network namespace
 * of its own. Without that, it would remove `docker0` of the machine's engine (`--bridge none` deletes that interface).
 */
const script = new URL('../../bin/engine', import.meta.url).pathname;
const bridgeBefore = bridgeIndex();
let directory: string;
let environment: NodeJS.ProcessEnv;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-engine-'));
  const bin = join(directory, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'dockerd'), '#!/bin/sh\nexec unshare --net -- /usr/sbin/dockerd "$@"\n', {
    mode: 0o755,
  });
  environment = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    DOCKER_HOST: `unix://${directory}/docker.sock`,
    PARE_ENGINE_LEASE: '',
    PARE_ENGINE_STATE: join(directory, 'state'),
    PARE_ENGINE_DATA_ROOT: join(directory, 'data'),
    PARE_ENGINE_EXEC_ROOT: join(directory, 'exec'),
    PARE_ENGINE_FLAGS: '--bridge none --iptables=false --ip-masq=false',
  };
});
afterEach(async () => {
  await sh(`rm -f "$PARE_ENGINE_STATE"/leases/*; "${script}" release`);
  rmSync(directory, { recursive: true, force: true });
  expect(bridgeIndex()).toBe(bridgeBefore);
});

/** Tells one interface from another that was made in its place. */
function bridgeIndex(): string | undefined {
  const path = '/sys/class/net/docker0/ifindex';
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

async function sh(text: string, extra: NodeJS.ProcessEnv = {}) {
  const child = spawn('unshare', ['--net', 'sh', '-euc', text], {
    env: { ...environment, ...extra },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return finished(child);
}

async function finished(child: ChildProcess) {
  const said = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said.stderr += text;
  });
  const [code] = await once(child, 'close');
  return { ...said, code: code as number | null };
}

const ensured = `eval "$("${script}" ensure)"`;
const status = async () => (await sh(`"${script}" status`)).stdout;

describe('bin/engine', () => {
  it('starts an engine that answers, and stops it when the one who asked for it releases it', async () => {
    const run = await sh(`${ensured}; docker version --format '{{.Server.Version}}'; "${script}" release`);
    expect(run).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^\d+\.\d+/) });
    expect(await status()).toBe(`no engine answers at ${environment.DOCKER_HOST}\n`);
    expect(existsSync(join(directory, 'docker.sock'))).toBe(false);
  });

  it('keeps the engine while somebody else uses it', async () => {
    const first = spawn(
      'unshare',
      ['--net', 'sh', '-euc', `${ensured}; echo ready; read -r go; "${script}" release`],
      {
        env: environment,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    await once(first.stdout, 'data');
    const second = await sh(`${ensured}; "${script}" release`);
    expect(second).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(await status()).toContain('started by us');
    // A release by hand does not take it away either.
    await sh(`"${script}" release`);
    expect(await status()).toContain('started by us');
    first.stdin.end('go\n');
    await once(first, 'close');
    expect(await status()).toContain('no engine answers');
  });

  it('stops the engine for one who was killed, at the next release', async () => {
    const killed = spawn('unshare', ['--net', 'sh', '-euc', `${ensured}; echo ready; read -r go`], {
      env: environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(killed.stdout, 'data');
    killed.kill('SIGKILL');
    await once(killed, 'close');
    expect(await status()).toContain('started by us');
    expect(await sh(`${ensured}; "${script}" release`)).toMatchObject({ code: 0 });
    expect(await status()).toContain('no engine answers');
  });

  it('starts one engine for two who ask at once', async () => {
    const [one, two] = await Promise.all([sh(`"${script}" ensure`), sh(`"${script}" ensure`)]);
    expect([one.code, two.code]).toEqual([0, 0]);
    const log = readFileSync(join(directory, 'state/dockerd.log'), 'utf8');
    expect(log.match(/Starting up/g)).toHaveLength(1);
  });

  it('ends the caller with the log when dockerd does not start', async () => {
    const run = await sh(`${ensured}; echo still here`, { PARE_ENGINE_FLAGS: '--no-such-flag' });
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('unknown flag: --no-such-flag');
    expect(await status()).toContain('no engine answers');
  });

  it('says that it cannot start an engine elsewhere', async () => {
    const run = await sh(`${ensured}; echo still here`, { DOCKER_HOST: 'tcp://127.0.0.1:1' });
    expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('tcp://127.0.0.1:1') });
  });

  it('does nothing, at once, where an engine answers that is not ours', async () => {
    expect((await sh(`"${script}" ensure`)).code).toBe(0);
    const state = join(directory, 'other');
    const began = performance.now();
    const run = await sh(`${ensured}; "${script}" release`, { PARE_ENGINE_STATE: state });
    expect(run).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(performance.now() - began).toBeLessThan(3000);
    expect(existsSync(state)).toBe(false);
    expect(await status()).toContain('started by us');
  });

  it('gives Pare an engine that it finds by DOCKER_HOST', async () => {
    expect((await sh(`"${script}" ensure`)).code).toBe(0);
    await using engine = await detectEngine({
      engine: 'auto',
      runId: 'test.script',
      cacheDirectory: hostPath(directory),
      temporaryDirectory: hostPath(directory),
      environment,
    });
    expect(await engine.listOwned()).toEqual({ containers: [], volumes: [], networks: [] });
    await expect(engine.inspectImage('anything')).rejects.toMatchObject({ code: 'image-not-found' });
  });

  it('gives Pare an engine whose disk can be full: nothing of the image stays', async () => {
    const data = environment.PARE_ENGINE_DATA_ROOT ?? '';
    await sh(`mkdir -p ${data} && mount -t tmpfs -o size=40m tmpfs ${data}`);
    try {
      expect((await sh(`"${script}" ensure`)).code).toBe(0);
      await using machine = await realEngine();
      await using small = await detectEngine({
        engine: 'auto',
        runId: 'test.full',
        cacheDirectory: hostPath(directory),
        temporaryDirectory: hostPath(directory),
        environment,
      });
      await using image = await machine.engine.openImage(testBase());
      await expect(small.storeImage(writeDockerArchive(image, []))).rejects.toMatchObject({
        code: 'disk-full',
        hint: expect.stringContaining('room'),
      });
      expect((await sh('docker images --all --quiet')).stdout).toBe('');
    } finally {
      await sh(`rm -f "$PARE_ENGINE_STATE"/leases/*; "${script}" release; umount ${data}`);
    }
  });
});
