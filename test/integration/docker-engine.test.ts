import { mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunOptions } from '../../packages/pare/src/model/scenario.ts';
import type { Container, ContainerSpec } from '../../packages/pare/src/ports/container-engine.ts';
import { syscallNumbers } from '../../packages/sensor/src/generated/syscall-numbers.ts';
import {
  buildTestImage,
  docker,
  plainRun,
  type RealEngine,
  realEngine,
  type TestImage,
} from '../../packages/testkit/src/index.ts';

let real: RealEngine;
let image: TestImage;
beforeAll(async () => {
  real = await realEngine();
  image = await buildTestImage(`FROM BASE
ENV FROM_IMAGE=1 CHANGED=image
WORKDIR /srv
ENTRYPOINT ["/bin/sh", "-c", "echo entry; exec \\"$@\\"", "sh"]
CMD ["echo", "from the image"]
EXPOSE 7001/tcp
HEALTHCHECK --interval=1s CMD true
`);
});
afterAll(async () => {
  await image?.[Symbol.asyncDispose]();
  await real?.[Symbol.asyncDispose]();
});

function specOf(run: Partial<RunOptions>, rest: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    image: image.reference,
    run: { ...plainRun, ...run },
    publishLoopback: [],
    binds: [],
    addCapabilities: [],
    dropCapabilities: [],
    noNewPrivileges: false,
    disableHealthcheck: false,
    ...rest,
  };
}

/** Runs a container to its end and gives what it said and its exit code. */
async function outcome(run: Partial<RunOptions>, rest: Partial<ContainerSpec> = {}) {
  await using container = await real.engine.createContainer(specOf(run, rest));
  const [exitCode, output] = await Promise.all([container.wait(), readAll(container), container.start()]);
  return { ...output, exitCode };
}

async function readAll(container: Container) {
  const said = { stdout: '', stderr: '' };
  for await (const { stream, data } of container.logs()) said[stream] += Buffer.from(data);
  return said;
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const shell = (script: string) => ({ argv: ['sh', '-c', script] });
const ownContainers = async () =>
  (await real.engine.listOwned()).containers.filter(({ run }) => run === real.runId);

describe('running a container', () => {
  it('gives output by stream, and the exit code of a program that ends at once', async () => {
    expect(await outcome({}, shell('echo out; echo err >&2; exit 7'))).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 7,
    });
  });

  it('gives output that is larger than every buffer, whole', async () => {
    const { stdout } = await outcome({}, shell('head -c 3000000 /dev/zero | tr "\\0" x'));
    expect(stdout.length).toBe(3_000_000);
  });

  it('joins entrypoint and command as docker run does', async () => {
    const said = async (run: Partial<RunOptions>) => (await outcome(run)).stdout;
    expect(await said({})).toBe('entry\nfrom the image\n');
    expect(await said({ command: ['echo', 'given'] })).toBe('entry\ngiven\n');
    expect(await said({ entrypoint: ['echo', 'only', 'this'] })).toBe('only this\n');
    expect(await said({ entrypoint: ['echo'], command: ['both'] })).toBe('both\n');
    expect(await said({ entrypoint: [], command: ['echo', 'bare'] })).toBe('bare\n');
    expect(await said({ command: [] })).toBe('entry\n');
  });

  it('passes every other option that changes what the program sees', async () => {
    const source = join(real.directory, 'source');
    mkdirSync(source);
    writeFileSync(join(source, 'file'), 'bound');
    const script = `
      echo "$FROM_IMAGE $CHANGED $ADDED"
      id -u; hostname; pwd
      cat /bound/file /mounted/file /own/file; echo
      touch /bound/x 2>/dev/null || echo read-only
      grep -c -e ' /anonymous ' -e ' /named ' /proc/mounts
      grep ' /tmpfs ' /proc/mounts | grep -o 'size=1024k'
      grep /dev/shm /proc/mounts | grep -o 'size=2048k'
      grep -e other /etc/hosts | tr '\\t' ' '`;
    const run: Partial<RunOptions> = {
      env: ['CHANGED=given', 'ADDED=1=2'],
      user: '1234',
      hostname: 'named-host',
      workdir: '/tmp',
      volumes: [`${source}:/bound:ro`, '/anonymous', `${real.runId}:/named`],
      mounts: [
        `type=bind,source=${source},target=/mounted,readonly`,
        'type=tmpfs,target=/tmpfs,tmpfs-size=1m',
      ],
      addHosts: ['other:10.1.2.3'],
      shmSizeBytes: 2 * 2 ** 20,
    };
    const binds = [{ source: hostPath(source), target: '/own', readOnly: true }];
    const { stdout } = await outcome(run, { ...shell(script), binds });
    expect(stdout.split('\n')).toEqual([
      '1 given 1=2',
      '1234',
      'named-host',
      '/tmp',
      'boundboundbound',
      'read-only',
      '2',
      'size=1024k',
      'size=2048k',
      '10.1.2.3 other',
      '',
    ]);
    const volumes = await docker(['volume', 'ls', '--quiet', '--filter', `name=${real.runId}`]);
    expect(volumes).toBe('');
  });

  it('keeps a volume that was there before', async () => {
    const name = `${real.runId}.kept`;
    await docker(['volume', 'create', name]);
    try {
      await outcome({ volumes: [`${name}:/data`] }, shell('echo text >/data/file'));
      expect((await outcome({ volumes: [`${name}:/data`] }, shell('cat /data/file'))).stdout).toBe('text\n');
    } finally {
      expect((await docker(['volume', 'rm', name])).trim()).toBe(name);
    }
  });

  it('takes volumes, network and links from another container', async () => {
    await using other = await real.engine.createContainer(
      specOf({ volumes: ['/shared'] }, shell('echo text >/shared/file; sleep 600')),
    );
    await other.start();
    await expect
      .poll(async () => (await other.exec(['cat', '/shared/file'])).exitCode, { timeout: 10_000 })
      .toBe(0);
    expect((await outcome({ volumesFrom: [other.id] }, shell('cat /shared/file'))).stdout).toBe('text\n');
    const linked = await outcome({ links: [`${other.id}:peer`] }, shell('grep -c peer /etc/hosts'));
    expect(linked.stdout).toBe('1\n');
    const hostname = String((await other.exec(['hostname'])).stdout);
    const joined = await outcome(
      { network: `container:${other.id}` },
      { ...shell('hostname'), publishLoopback: ['1/tcp'] },
    );
    expect(joined.stdout).toBe(hostname);
  });

  it('gives and takes rights', async () => {
    const status = shell("grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/1/status");
    const rights = { dropCapabilities: ['ALL'], addCapabilities: ['KILL'], noNewPrivileges: true };
    const { stdout } = await outcome({}, { ...status, ...rights });
    expect(stdout.replaceAll('\t', ' ').split('\n')).toEqual([
      'CapBnd: 0000000000000020',
      'NoNewPrivs: 1',
      'Seccomp: 2',
      '',
    ]);
  });

  it('runs under a seccomp profile given inline', async () => {
    const everything = Object.keys(syscallNumbers);
    const names = everything.filter((name) => name !== 'mkdir' && name !== 'mkdirat');
    const seccomp = {
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1,
      archMap: [{ architecture: 'SCMP_ARCH_X86_64', subArchitectures: [] }],
      syscalls: [{ names, action: 'SCMP_ACT_ALLOW' }],
    } as const;
    const { stderr, exitCode } = await outcome({}, { ...shell('mkdir /x'), seccomp });
    expect(stderr).toContain('Operation not permitted');
    expect(exitCode).toBe(1);
  });

  it('tells a program that cannot be started from a failing engine, and leaves nothing', async () => {
    await expect(outcome({}, { argv: ['/nonexistent'] })).rejects.toMatchObject({
      code: 'container-exited',
      message: expect.stringContaining('/nonexistent'),
    });
    await expect(outcome({ network: 'no-such-network' })).rejects.toMatchObject({ code: 'engine-failed' });
    await expect(outcome({}, { image: 'pare-test/none' })).rejects.toMatchObject({ code: 'image-not-found' });
    expect(await ownContainers()).toEqual([]);
  });

  it('leaves nothing when it is aborted at any moment of its life', async () => {
    for (const delayMs of [0, 5, 20, 60, 150, 400]) {
      const signal = AbortSignal.timeout(delayMs);
      const run = async () => {
        await using container = await real.engine.createContainer(specOf({}, shell('sleep 600')), signal);
        await container.start(signal);
        await container.wait(signal);
      };
      await expect(run()).rejects.toMatchObject({ name: 'TimeoutError' });
      expect(await ownContainers()).toEqual([]);
    }
  });
});

describe('a running container', () => {
  let container: Container;
  beforeAll(async () => {
    const server = `trap 'exit 9' USR1; while :; do sleep 0.1; done`;
    container = await real.engine.createContainer(
      specOf({ publish: ['7003'], expose: ['7002'] }, { ...shell(server), publishLoopback: ['7001/tcp'] }),
    );
    await container.start();
  });
  afterAll(() => container?.[Symbol.asyncDispose]());

  it('publishes its ports where they can be reached', async () => {
    const ports = await container.ports();
    expect(ports.find(({ containerPort }) => containerPort === 7001)).toMatchObject({
      protocol: 'tcp',
      hostAddress: '127.0.0.1',
    });
    expect(new Set(ports.map(({ containerPort }) => containerPort))).toEqual(new Set([7001, 7003]));
    expect(ports.map(({ hostAddress }) => hostAddress)).not.toContain('0.0.0.0');
  });

  it('shows its first process as this machine sees it', async () => {
    const { running, hostPid, exitCode } = await container.state();
    expect({ running, exitCode }).toEqual({ running: true, exitCode: undefined });
    expect(() => process.kill(hostPid ?? 0, 0)).not.toThrow();
  });

  it('runs commands, with their exit codes and both streams, cut where asked', async () => {
    const result = await container.exec(['sh', '-c', 'echo out; echo err >&2; exit 5']);
    expect({ ...result, stdout: String(result.stdout), stderr: String(result.stderr) }).toEqual({
      exitCode: 5,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    const cut = await container.exec(['head', '-c', '1000000', '/dev/zero'], { limitBytes: 1000 });
    expect(cut).toMatchObject({ exitCode: 0, stdout: Buffer.alloc(1000) });
    expect((await container.exec(['/nonexistent'])).exitCode).toBeGreaterThanOrEqual(126);
  });

  it('takes files in and gives them out as they were', async () => {
    const tar = await bytesOf(container.copyOut('/etc/hostname'));
    await container.copyIn(
      '/tmp',
      (async function* () {
        yield tar;
      })(),
    );
    expect((await container.exec(['test', '-f', '/tmp/hostname'])).exitCode).toBe(0);
    await expect(bytesOf(container.copyOut('/nonexistent'))).rejects.toMatchObject({ code: 'engine-failed' });
  });

  it('gets signals by name, and none once it has ended', async () => {
    await container.kill('SIGUSR1');
    expect(await container.wait()).toBe(9);
    await container.kill('KILL');
    expect(await container.state()).toEqual({
      running: false,
      exitCode: 9,
      error: undefined,
      hostPid: undefined,
    });
    await expect(container.exec(['true'])).rejects.toMatchObject({ code: 'engine-failed' });
    // Its files can still be read.
    expect((await bytesOf(container.copyOut('/etc/hostname'))).length).toBeGreaterThan(512);
  });
});

it('reaches a server in a container through the published port', async () => {
  const perl = `use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => 7001, Listen => 5, ReuseAddr => 1) or die;
    while ($c = $s->accept) { <$c>; print $c "HTTP/1.0 200 OK\\r\\n\\r\\nhello"; close $c }`;
  await using container = await real.engine.createContainer(
    specOf({}, { argv: ['perl', '-e', perl], publishLoopback: ['7001/tcp'] }),
  );
  await container.start();
  const [port] = await container.ports();
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      const asked = request({ host: port?.hostAddress, port: port?.hostPort }, (response) =>
        bytesOf(response).then((bytes) => resolve(String(bytes)), reject),
      );
      asked.on('error', () => resolve('')).end();
    });
  await expect.poll(ask, { timeout: 10_000 }).toBe('hello');
});

it('finds and removes what a killed run left', async () => {
  const run = `${real.runId}.dead`;
  const label = `dev.pare.run=${run}`;
  const id = (await docker(['create', '--label', label, '--volume', '/anonymous', image.reference])).trim();
  await docker(['volume', 'create', '--label', label, run]);
  await docker(['network', 'create', '--label', label, run]);
  const ofDead = async () => {
    const { containers, volumes, networks } = await real.engine.listOwned();
    const mine = <T extends { readonly run: string }>(all: readonly T[]) =>
      all.filter((one) => one.run === run);
    return { containers: mine(containers), volumes: mine(volumes), networks: mine(networks) };
  };
  const left = await ofDead();
  expect(left.containers).toEqual([{ id, run }]);
  expect(left.volumes).toEqual([{ id: run, run }]);
  expect(left.networks).toHaveLength(1);
  await real.engine.removeOwned(left);
  expect(await ofDead()).toEqual({ containers: [], volumes: [], networks: [] });
  // What is gone already is no error.
  await real.engine.removeOwned(left);
});
