import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { hostPath, readTar } from '@pare/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunOptions } from '../../packages/pare/src/model/scenario.ts';
import type { Container, ContainerSpec } from '../../packages/pare/src/ports/container-engine.ts';
import {
  buildTestImage,
  plainRun,
  type RealEngine,
  realEmbeddedEngine,
  type TestImage,
} from '../../packages/testkit/src/index.ts';

let real: RealEngine;
let image: TestImage;
beforeAll(async () => {
  image = await buildTestImage(`FROM BASE
RUN useradd --uid 1500 keeper && usermod -aG audio keeper && mkdir -m 0750 /kept && chown keeper /kept \\
 && echo text >/kept/file && rm /etc/issue.net && ln -s /etc/shadow /kept/link
ENV FROM_IMAGE=1 CHANGED=image
WORKDIR /srv
VOLUME /kept
ENTRYPOINT ["/bin/sh", "-c", "echo entry; exec \\"$@\\"", "sh"]
CMD ["echo", "from the image"]
HEALTHCHECK --interval=100ms --timeout=5s --retries=2 CMD test ! -e /tmp/sick
`);
  real = await realEmbeddedEngine([image.reference]);
});
afterAll(async () => {
  await real?.[Symbol.asyncDispose]();
  await image?.[Symbol.asyncDispose]();
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
    disableHealthcheck: true,
    ...rest,
  };
}

async function readAll(container: Container) {
  const said = { stdout: '', stderr: '' };
  for await (const { stream, data } of container.logs()) said[stream] += Buffer.from(data);
  return said;
}

/** Runs a container to its end and gives what it said and its exit code. */
async function outcome(run: Partial<RunOptions>, rest: Partial<ContainerSpec> = {}) {
  await using container = await real.engine.createContainer(specOf(run, rest));
  const [exitCode, output] = await Promise.all([container.wait(), readAll(container), container.start()]);
  return { ...output, exitCode };
}

const shell = (script: string) => ({ argv: ['sh', '-c', script] });
const mountsHere = () =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(real.directory));
const cgroupsHere = () =>
  execFileSync('find', ['/sys/fs/cgroup', '-maxdepth', '5', '-name', 'pare-*'], { encoding: 'utf8' });

describe('running a container without a daemon', () => {
  it('gives output by stream, and the exit code of a program that ends at once', async () => {
    expect(await outcome({}, shell('echo out; echo err >&2; exit 7'))).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 7,
    });
  });

  it('gives output that is larger than every buffer, whole, and lets a program open /dev/stdout', async () => {
    const { stdout } = await outcome({}, shell('head -c 3000000 /dev/zero | tr "\\0" x >/dev/stdout'));
    expect(stdout.length).toBe(3_000_000);
  });

  it('joins entrypoint and command as docker run does', async () => {
    const said = async (run: Partial<RunOptions>) => (await outcome(run)).stdout;
    expect(await said({})).toBe('entry\nfrom the image\n');
    expect(await said({ command: ['echo', 'given'] })).toBe('entry\ngiven\n');
    expect(await said({ entrypoint: ['echo'], command: ['both'] })).toBe('both\n');
  });

  it('passes every option that changes what the program sees', async () => {
    const source = join(real.directory, 'source');
    mkdirSync(source);
    writeFileSync(join(source, 'file'), 'bound');
    const script = `
      echo "$FROM_IMAGE $CHANGED $ADDED"
      id; hostname; pwd; umask
      cat /bound/file /mounted/file /own/file; echo
      touch /bound/x 2>/dev/null || echo read-only
      touch /x 2>/dev/null || echo read-only root
      grep -c -e ' /anonymous ' -e ' /named ' /proc/mounts
      grep ' /tmpfs ' /proc/mounts | grep -o 'size=1024k'
      grep ' /quick ' /proc/mounts | grep -o noexec
      grep /dev/shm /proc/mounts | grep -o 'size=2048k'
      grep -e other /etc/hosts | tr '\\t' ' '
      cat /etc/resolv.conf
      cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/net/ipv4/tcp_fin_timeout
      ls /etc/issue.net 2>/dev/null || echo deleted`;
    const run: Partial<RunOptions> = {
      env: ['CHANGED=given', 'ADDED=1=2'],
      user: 'keeper',
      hostname: 'named-host',
      workdir: '/tmp',
      readOnly: true,
      volumes: [`${source}:/bound:ro`, '/anonymous', 'named:/named'],
      mounts: [
        `type=bind,source=${source},target=/mounted,readonly`,
        'type=tmpfs,target=/tmpfs,tmpfs-size=1m',
      ],
      tmpfs: ['/quick'],
      addHosts: ['other:10.1.2.3'],
      dns: ['10.9.8.7'],
      dnsSearch: ['example.test'],
      sysctls: ['net.ipv4.tcp_fin_timeout=17'],
      shmSizeBytes: 2 * 2 ** 20,
    };
    const binds = [{ source: hostPath(source), target: '/own', readOnly: true }];
    const { stdout } = await outcome(run, { ...shell(script), binds });
    expect(stdout.split('\n')).toEqual([
      '1 given 1=2',
      'uid=1500(keeper) gid=1500(keeper) groups=1500(keeper),29(audio)',
      'named-host',
      '/tmp',
      '0022',
      'boundboundbound',
      'read-only',
      'read-only root',
      '2',
      'size=1024k',
      'noexec',
      'size=2048k',
      '10.1.2.3 other',
      'nameserver 10.9.8.7',
      'search example.test',
      '0',
      '17',
      'deleted',
      '',
    ]);
  });

  it("fills an image's volume with what the image has there, owners and links too", async () => {
    const { stdout } = await outcome(
      {},
      shell('stat -c "%U %a %n" /kept /kept/file; readlink /kept/link; cat /kept/file'),
    );
    expect(stdout).toBe('keeper 750 /kept\nroot 644 /kept/file\n/etc/shadow\ntext\n');
  });

  it('keeps a volume by name for as long as a container has it, and shares it with --volumes-from', async () => {
    await using first = await real.engine.createContainer(
      specOf({ volumes: ['shared:/data'] }, shell('echo text >/data/file; exec sleep 600')),
    );
    await first.start();
    await expect.poll(async () => (await first.exec(['cat', '/data/file'])).exitCode).toBe(0);
    const read = { volumesFrom: [`${first.id}:ro`] };
    expect((await outcome(read, shell('cat /data/file; touch /data/x || echo read-only'))).stdout).toBe(
      'text\nread-only\n',
    );
  });

  it('tells a program that cannot be started from a failing engine, and leaves nothing', async () => {
    for (const argv of [['/nope'], ['nope'], ['/etc/passwd']]) {
      await expect(outcome({}, { argv })).rejects.toMatchObject({ code: 'container-exited' });
    }
    await expect(outcome({ user: 'nobody-knows' }, shell('true'))).rejects.toMatchObject({
      code: 'image-invalid',
    });
    await expect(outcome({ network: 'other' }, shell('true'))).rejects.toMatchObject({ code: 'usage' });
    await expect(outcome({}, { ...shell('true'), image: 'nope:1' })).rejects.toMatchObject({
      code: 'image-not-found',
    });
    expect(await real.engine.listOwned()).toEqual({ containers: [], volumes: [], networks: [] });
  });
});

describe('a container that goes on', () => {
  it('is reached through a socket and, when asked, through a port, also by a burst of requests', async () => {
    const perl = `use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => 80, Listen => 500, ReuseAddr => 1) or die;
      while ($c = $s->accept) { while (<$c>) { last if /^\\r?$/ } print $c "HTTP/1.0 200 OK\\r\\n\\r\\nhello"; close $c }`;
    await using container = await real.engine.createContainer(
      specOf(
        { publish: ['127.0.0.1::80'], user: 'keeper' },
        { argv: ['perl', '-e', perl], publishLoopback: ['80/tcp'] },
      ),
    );
    await container.start();
    const [inside, published] = await container.ports();
    const ask = (options: object) =>
      new Promise<string>((resolve) => {
        const asked = request({ ...options, agent: false }, (response) => {
          let body = '';
          response.on('data', (data) => (body += data)).once('close', () => resolve(body));
        });
        asked.on('error', () => resolve('')).end();
      });
    await expect.poll(() => ask({ socketPath: inside?.socketPath }), { timeout: 10_000 }).toBe('hello');
    expect(await ask({ host: published?.hostAddress, port: published?.hostPort })).toBe('hello');
    const burst = await Promise.all(
      Array.from({ length: 300 }, () => ask({ socketPath: inside?.socketPath })),
    );
    expect(new Set(burst)).toEqual(new Set(['hello']));
  });

  it('runs commands with its user and environment, tells its state, and ends by a signal', async () => {
    await using container = await real.engine.createContainer(
      specOf({ user: 'keeper' }, shell("trap 'exit 9' USR1; while :; do sleep 0.1; done")),
    );
    const ended = container.wait();
    await container.start();
    const { running, hostPid } = await container.state();
    expect(running).toBe(true);
    expect(readFileSync(`/proc/${hostPid}/cmdline`, 'utf8')).toContain('trap');
    const result = await container.exec(['sh', '-c', 'id -un; echo $FROM_IMAGE; echo err >&2; exit 3']);
    expect({ ...result, stdout: String(result.stdout), stderr: String(result.stderr) }).toEqual({
      exitCode: 3,
      stdout: 'keeper\n1\n',
      stderr: 'err\n',
    });
    expect((await container.exec(['nope'])).exitCode).toBe(127);
    await container.kill('SIGUSR1');
    expect(await ended).toBe(9);
    expect(await container.state()).toMatchObject({ running: false, exitCode: 9, hostPid: undefined });
  });

  it('has the health that its check says', async () => {
    await using container = await real.engine.createContainer(
      specOf({}, { ...shell('exec sleep 600'), disableHealthcheck: false }),
    );
    await container.start();
    const health = async () => (await container.state()).health;
    expect(await health()).toBe('starting');
    await expect.poll(health, { timeout: 20_000 }).toBe('healthy');
    await container.exec(['touch', '/tmp/sick']);
    await expect.poll(health, { timeout: 20_000 }).toBe('unhealthy');
  });

  it('gives and takes files, and follows no link out of it', async () => {
    await using container = await real.engine.createContainer(specOf({}, shell('exec sleep 600')));
    const names = async (path: string) => {
      const found: string[] = [];
      for await (const { header } of readTar(container.copyOut(path)))
        found.push(header.name.replace(/^\.\//, ''));
      return found;
    };
    expect(await names('/etc/passwd')).toEqual(['passwd']);
    await expect(names('/etc/nothing')).rejects.toMatchObject({ code: 'engine-failed' });
    await container.start();
    await container.exec(['ln', '-s', real.directory, '/escape']);
    await expect(names('/escape/source')).rejects.toMatchObject({ code: 'engine-failed' });
    const archive = container.copyOut('/kept/file');
    await container.copyIn('/tmp', archive);
    expect(String((await container.exec(['cat', '/tmp/file'])).stdout)).toBe('text\n');
  });
});

describe('containers of one network', () => {
  it('find each other by name', async () => {
    await using network = await real.engine.createNetwork();
    const server = `use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => 6000, Listen => 5) or die;
      while ($c = $s->accept) { print $c "from the server\\n"; close $c }`;
    await using one = await real.engine.createContainer(
      specOf({}, { argv: ['perl', '-e', server], attach: { network: network.id, aliases: ['db'] } }),
    );
    await one.start();
    const client = `use IO::Socket::INET; for (1..200) { $s = IO::Socket::INET->new("db:6000") and last; select undef, undef, undef, 0.05 }
      print <$s>`;
    const said = await outcome(
      {},
      { argv: ['perl', '-e', client], attach: { network: network.id, aliases: ['web'] } },
    );
    expect(said.stdout).toBe('from the server\n');
  });
});

describe('what is left', () => {
  it('is nothing: no mount, process, directory or cgroup', async () => {
    await outcome({ volumes: ['/anonymous'] }, shell('echo x >/anonymous/file'));
    expect(mountsHere()).toEqual([]);
    expect(cgroupsHere()).toBe('');
    expect(readdirSync(join(real.directory, 'data/engine/c'))).toEqual([]);
    expect(readdirSync(join(real.directory, 'data/engine/volumes'))).toEqual([]);
  });
});
