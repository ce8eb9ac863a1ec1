import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEmbeddedNetwork } from '../../packages/pare/src/engine/embedded/embedded-network.ts';
import { surveyHost } from '../../packages/pare/src/engine/embedded/host.ts';
import { hostAddress } from '../../packages/pare/src/engine/embedded/outlet.ts';
import { listOwned, removeOwned } from '../../packages/pare/src/engine/embedded/owned.ts';
import { openSpareKeepers } from '../../packages/pare/src/engine/embedded/spare-keepers.ts';
import type { ContainerSpec } from '../../packages/pare/src/ports/container-engine.ts';
import { openThrowawayUser, plainRun, type ThrowawayUser } from '../../packages/testkit/src/index.ts';
import { answerName } from './embedded/answer-name.ts';
import {
  type ContainerServer,
  makeServerFiles,
  type ServerFiles,
  startServer,
} from './embedded/start-server.ts';

/** Asked for by name, and found at this machine's address. */
const name = 'server.pare-test.example';
/** A name server of this test's own, as systemd-resolved is one: on the loopback device, where a container never is. */
const resolver = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
const machine = hostAddress();

let files: ServerFiles;
let everywhere: Server;
let loopback: Server;
const names = createSocket('udp4');

beforeAll(async () => {
  files = await makeServerFiles();
  await writeFile(join(files.directory, 'resolv.conf'), `nameserver ${resolver}\n`);
  // Where udev makes it every user may open it; here it may be root's alone. That of the machine stays as it is.
  execFileSync('mknod', [join(files.directory, 'tun'), 'c', '10', '200']);
  await chmod(join(files.directory, 'tun'), 0o666);
  [everywhere, loopback] = await Promise.all([listen('0.0.0.0'), listen('127.0.0.1')]);
  names.on('message', (question, from) => {
    const answer = answerName(question, name, machine);
    if (answer !== undefined) names.send(answer, from.port, from.address);
  });
  names.bind(53, resolver);
  await once(names, 'listening');
});
afterAll(async () => {
  names.close();
  everywhere?.close();
  loopback?.close();
  await files?.[Symbol.asyncDispose]();
});

async function listen(host: string): Promise<Server> {
  const server = createServer((client) => client.on('error', () => {}).end('the host\n'));
  server.listen(0, host);
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const on = (network: string): Partial<ContainerSpec> => ({ run: { ...plainRun, network } });

/** Says what each address answers, or that there is no way to it. */
const ask = (port: number, ...hosts: readonly string[]) =>
  `perl -MIO::Socket::INET -e 'for (@ARGV) { my $s = IO::Socket::INET->new(PeerAddr => $_, PeerPort => ${port}, Timeout => 1); print $s ? "$_: " . (<$s> // "nothing\\n") : "no way to $_\\n" }' ${hosts.join(' ')}`;

/** Each program, each kind of user and each runtime once; all together with PARE_TEST_EVERY_OUTLET=1. */
const cells =
  process.env.PARE_TEST_EVERY_OUTLET === '1'
    ? (['runc', 'crun'] as const).flatMap((runtime) =>
        [false, true].flatMap((rootless) =>
          (['pasta', 'slirp4netns'] as const).map((outlet) => ({ outlet, rootless, runtime })),
        ),
      )
    : ([
        { outlet: 'pasta', rootless: false, runtime: 'runc' },
        { outlet: 'slirp4netns', rootless: true, runtime: 'crun' },
      ] as const);

describe.each(cells)(
  'a container of $runtime led out by $outlet, rootless: $rootless',
  ({ outlet, rootless, runtime }) => {
    let user: ThrowawayUser | undefined;
    let server: ContainerServer;
    beforeAll(async () => {
      user = rootless ? await openThrowawayUser() : undefined;
      const stage =
        'mount --bind "$1" /etc/resolv.conf && mount --bind "$2" /dev/net/tun && shift 2 && exec "$@"';
      const own = [join(files.directory, 'resolv.conf'), join(files.directory, 'tun')];
      const before = ['unshare', '--mount', 'sh', '-c', stage, 'stage', ...own];
      server = await startServer(files, { runtime, user, before, name: `${outlet}-${runtime}` });
      expect(server.version).toContain(runtime);
    });
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
      await user?.[Symbol.asyncDispose]();
    });

    it('reaches this machine by address and by name, and nothing of it without asking', async () => {
      const script = ask(portOf(everywhere), machine, name);
      const { stdout } = await server.run(script, on(outlet));
      expect(stdout).toBe(`${machine}: the host\n${name}: the host\n`);
      expect((await server.run(script)).stdout).toBe(`no way to ${machine}\nno way to ${name}\n`);
      expect((await server.run(script, on('none'))).stdout).toBe(`no way to ${machine}\nno way to ${name}\n`);
    });

    it("finds this machine by Docker's word for it", async () => {
      const run = { ...plainRun, network: outlet, addHosts: ['host.docker.internal:host-gateway'] };
      const { stdout } = await server.run(ask(portOf(everywhere), 'host.docker.internal'), { run });
      expect(stdout).toBe('host.docker.internal: the host\n');
    });

    it('does not reach what listens on the loopback device of this machine', async () => {
      const hosts = ['127.0.0.1', '172.17.0.1', '172.17.0.2', '172.17.0.3', machine];
      // Side by side: pasta lets one wait.
      const script = hosts.map((host) => `${ask(portOf(loopback), host)} &`).join('\n');
      const { stdout } = await server.run(`${script}\nwait`, on(outlet));
      expect(stdout.trim().split('\n').sort()).toEqual(hosts.map((host) => `no way to ${host}`).sort());
    });

    it('opens no port of this machine', async () => {
      const before = listening();
      const pid = await server.hold(
        `perl -MIO::Socket::INET -e 'my $t = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => 18, Listen => 1, ReuseAddr => 1) or die; my $u = IO::Socket::INET->new(LocalPort => 19, Proto => "udp") or die; sleep 600'`,
        on(outlet),
      );
      await expect.poll(() => listening(pid)).toEqual(expect.arrayContaining(['tcp 18', 'udp 19']));
      // Whoever watches the network namespace for ports does so about once in a second.
      await server.run('sleep 1.5');
      expect(listening().filter((port) => !before.includes(port) && /^(tcp|udp) 1[89]$/.test(port))).toEqual(
        [],
      );
    });

    it('shares its way out with those on its network, and finds them by name', async () => {
      const port = portOf(everywhere);
      // Tells whoever asks what it is told itself.
      const beside = `perl -MIO::Socket::INET -e 'my $l = IO::Socket::INET->new(LocalPort => 80, Listen => 1) or die; while (my $c = $l->accept) { my $s = IO::Socket::INET->new("${name}:${port}"); print $c $s ? "by way of it: " . <$s> : "no way\\n"; close $c }'`;
      const wait = 'until grep -q ":0050 .* 0A " /proc/net/tcp; do sleep 0.02; done';
      const script = `${wait}; ${ask(80, 'beside')}; ${ask(port, machine)}`;
      const { stdout } = await server.runBeside(script, beside, on(outlet));
      expect(stdout).toBe(`beside: by way of it: the host\n${machine}: the host\n`);
    });

    it('shares its way out with who is linked to it, and has no way for one that is linked to who has none', async () => {
      const port = portOf(everywhere);
      const script = `grep -c "beside" /etc/hosts; ${ask(port, machine, name)}`;
      const { stdout } = await server.runLinked(script, ['sleep 600', on(outlet)], on(outlet));
      expect(stdout).toBe(`1\n${machine}: the host\n${name}: the host\n`);
      await expect(server.runLinked(script, ['sleep 600', {}], on(outlet))).rejects.toThrow('leads nowhere');
    });

    it('leaves no process when Pare is killed, and what is left is collected', async () => {
      // Of the two programs the one that is taken where none is named.
      await server.hold('sleep 600', on(outlet === 'slirp4netns' ? 'bridge' : outlet));
      expect(processesOf(server.directory).filter((one) => one.startsWith(outlet))).not.toEqual([]);
      await server.kill();
      await expect.poll(() => processesOf(server.directory), { timeout: 10_000 }).toEqual([]);
      const place = (kind: string) => hostPath(join(server.directory, 'data/engine', kind));
      const places = { containers: place('c'), volumes: place('volumes'), networks: place('n') };
      const owned = await listOwned(places);
      expect(owned.containers).not.toEqual([]);
      await removeOwned(places, owned);
      expect([...readdirSync(place('c')), ...readdirSync(place('n'))]).toEqual([]);
    });
  },
);

describe('a way out that cannot be made', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pare-outlet-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  /** Makes a network with this in the place of slirp4netns. */
  const create = async (program: string, signal?: AbortSignal) => {
    await writeFile(join(directory, 'slirp4netns'), `#!/bin/sh\n${program}\n`, { mode: 0o755 });
    const host = await surveyHost({ ...process.env, PATH: `${directory}:${process.env.PATH}` });
    const networks = hostPath(join(directory, 'n'));
    const spares = openSpareKeepers(() => Promise.reject(new Error('there is none')));
    const asked = ['backend', 'bridge'];
    return createEmbeddedNetwork({ host, networks, runId: 'test', spares, asked }, signal);
  };
  const left = () => [...readdirSync(join(directory, 'n')), ...processesOf(directory)];

  it("is told in the program's own words, with what it needs, and leaves nothing", async () => {
    await expect(create('echo the words of it >&2; exit 1')).rejects.toMatchObject({
      code: 'engine-failed',
      message: "the embedded engine's slirp4netns: the words of it",
      hint: expect.stringContaining('/dev/net/tun'),
    });
    expect(left()).toEqual([]);
  });

  it('leaves nothing when it is given up while the program gets ready', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    const creating = create('exec sleep 600', abort.signal);
    creating.catch(() => undefined);
    await expect.poll(() => processesOf(directory)).toContain('sleep');
    abort.abort(reason);
    await expect(creating).rejects.toBe(reason);
    expect(left()).toEqual([]);
  });
});

/** `tcp PORT` and `udp PORT` of all that listens in a process's network namespace. */
function listening(pid: number | 'self' = 'self'): readonly string[] {
  return ['tcp', 'udp', 'tcp6', 'udp6'].flatMap((protocol) =>
    readFileSync(`/proc/${pid}/net/${protocol}`, 'latin1')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // Listening (tcp_states.h), or without a peer.
      .filter(([, , , state]) => state === '0A' || state === '07')
      .map(([, local = '']) => `${protocol.slice(0, 3)} ${Number.parseInt(local.split(':')[1] ?? '', 16)}`),
  );
}

/** Command lines of what has a directory in its environment or its arguments. */
function processesOf(directory: string): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
        if (!`${environment}${command}`.includes(directory)) return [];
        return [command.split('\0')[0]?.split('/').at(-1) ?? ''];
      } catch {
        return [];
      }
    });
}
