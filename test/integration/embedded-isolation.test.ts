import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openThrowawayUser, type ThrowawayUser } from '../../packages/testkit/src/index.ts';
import {
  type ContainerServer,
  makeServerFiles,
  type ServerFiles,
  startServer,
} from './embedded/start-server.ts';

let files: ServerFiles;
beforeAll(async () => {
  files = await makeServerFiles();
});
afterAll(() => files?.[Symbol.asyncDispose]());

const cells = [
  { runtime: 'runc', rootless: false },
  { runtime: 'crun', rootless: false },
  { runtime: 'runc', rootless: true },
  { runtime: 'crun', rootless: true },
] as const;

describe.each(cells)('a container of $runtime, rootless: $rootless', ({ runtime, rootless }) => {
  let user: ThrowawayUser | undefined;
  let server: ContainerServer;
  beforeAll(async () => {
    user = rootless ? await openThrowawayUser() : undefined;
    server = await startServer(files, { runtime, user });
  });
  afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
    await user?.[Symbol.asyncDispose]();
  });
  const inside = async (script: string) => (await server.run(script)).stdout;

  it('is of that runtime, and root of the machine only where Pare is', async () => {
    expect(server.version).toContain(`(${runtime} `);
    expect(server.version.includes('rootless')).toBe(rootless);
    const [, , outside, count] = (await inside('id -u; cat /proc/self/uid_map')).trim().split(/\s+/);
    const hostPid = await server.hold('exec sleep 600');
    const owner = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${hostPid}/status`, 'latin1'))?.[1];
    expect(Number(owner)).toBe(user?.uid ?? 0);
    // Root there is the user here, and nobody else (user_namespaces(7)).
    expect([outside, count]).toEqual([String(user?.uid ?? 0), rootless ? '1' : '4294967295']);
  });

  it("is held to Pare's own control groups", async () => {
    const groups = (pid: number | string = 'self') =>
      readFileSync(`/proc/${pid}/cgroup`, 'latin1').trim().split('\n');
    const hostPid = await server.hold('exec sleep 600');
    const own = groups();
    const outside = own.flatMap((line, index) => {
      const of = groups(hostPid)[index] ?? '';
      // Version 2 has no limits where version 1 has the controllers; without cgroups to write to nothing is made.
      return line.startsWith('0::') || of.startsWith(line) ? [] : [`${of} is not below ${line}`];
    });
    expect(outside).toEqual([]);
  });

  it('sees no file of the host', async () => {
    const said = await inside(`
      ls /proc/1/root/ | tr '\\n' ' '; echo
      ls -d ${server.directory} /proc/*/root${server.directory} /proc/1/cwd${server.directory} 2>/dev/null
      cut -d ' ' -f 2 /proc/mounts | grep -vE '^/(proc|dev|sys|etc)(/|$)'`);
    const [root, ...rest] = said.trim().split('\n');
    const own = root?.split(' ').filter((name) => name !== '') ?? [];
    // What this machine has at its top, and a container does not.
    const foreign = readdirSync('/').filter((name) => !debianTop.has(name));
    expect(own.filter((name) => foreign.includes(name))).toEqual([]);
    // Only the container's own root is mounted beside the systems of every container.
    expect(rest).toEqual(['/']);
  });

  it('sees no process of the host and can signal none', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    try {
      const said = await inside(
        `ls /proc | grep -E '^[0-9]+$' | wc -l; kill -9 ${child.pid} 2>&1 | tail -1; kill -9 -1; echo survived`,
      );
      expect(Number(said.split('\n')[0])).toBeLessThan(8);
      expect(child.exitCode).toBeNull();
      expect(readFileSync(`/proc/${child.pid}/status`, 'utf8')).toContain('State:\tS');
    } finally {
      child.kill('SIGKILL');
    }
  });

  it("reaches nothing of the host's network, nor its abstract sockets, nor its host name", async () => {
    const listener = createServer((_, response) => response.end('the host'));
    await new Promise<void>((resolve) => listener.listen(0, '0.0.0.0', resolve));
    try {
      const { port } = listener.address() as AddressInfo;
      const said = await inside(`
        perl -MIO::Socket::INET -e 'for (@ARGV) { print IO::Socket::INET->new(PeerAddr => $_, PeerPort => ${port}, Timeout => 2) ? "reached $_\\n" : "no $_\\n" }' \\
          127.0.0.1 172.17.0.1 172.17.0.2
        tail -n +3 /proc/net/dev | cut -d : -f 1 | tr -d ' ' | sort | tr '\\n' ' '; echo
        cat /proc/net/unix | tail -n +2 | wc -l
        hostname ${hostname()}x 2>/dev/null || echo refused`);
      const lines = said.trim().split('\n');
      expect(lines.slice(0, 3)).toEqual(['no 127.0.0.1', 'no 172.17.0.1', 'no 172.17.0.2']);
      expect(lines[3]?.split(' ').filter((name) => name !== '' && name !== 'eth0')).toEqual(['lo']);
      expect(lines[4]).toBe('0');
      expect(lines[5]).toBe('refused');
    } finally {
      listener.close();
    }
  });

  it("has Docker's capabilities and no way to more", async () => {
    const said = await inside(`
      grep -E '^(CapBnd|CapEff|CapInh|CapAmb|Seccomp):' /proc/self/status | tr -s '\\t' ' '
      mkdir -p /m; mount -t tmpfs tmpfs /m 2>/dev/null && echo mounted
      unshare --user --map-root-user true 2>/dev/null && echo namespace
      unshare --mount true 2>/dev/null && echo mounts
      echo 1 >/proc/sys/kernel/panic 2>/dev/null && echo sysctl
      echo c >/proc/sysrq-trigger 2>/dev/null && echo sysrq
      echo 1 >/sys/class/net/lo/mtu 2>/dev/null && echo sysfs
      mount -o remount,rw /sys 2>/dev/null && echo remounted
      chroot /proc/1/root true 2>/dev/null && cat /proc/1/root/proc/1/environ | grep -c PARE_ || :`);
    expect(said.trim().split('\n')).toEqual([
      'CapInh: 0000000000000000',
      'CapEff: 00000000a80425fb',
      'CapBnd: 00000000a80425fb',
      'CapAmb: 0000000000000000',
      'Seccomp: 2',
      '0',
    ]);
  });

  it("has Docker's devices, and can open no other one though it may make its node", async () => {
    const said = await inside(`
      find /dev -mindepth 1 -maxdepth 1 -printf '%f ' | tr ' ' '\\n' | sort | tr '\\n' ' '; echo
      head -c 1 /dev/core 2>/dev/null | wc -c
      for disk in ${blockDevices().join(' ')}; do
        mknod /dev/disk b "\${disk%:*}" "\${disk#*:}" 2>/dev/null; head -c 1 /dev/disk >/dev/null 2>&1 && echo "read $disk"; rm -f /dev/disk
      done
      mknod /kmsg c 1 11 2>/dev/null; head -c 1 /kmsg >/dev/null 2>&1 && echo kmsg
      mknod /mem c 1 1 2>/dev/null; head -c 1 /mem >/dev/null 2>&1 && echo mem
      head -c 1 /dev/zero | wc -c; echo x >/dev/full 2>/dev/null || echo full
      cat /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls /sys/firmware | wc -l`);
    // crun adds a link to /proc/kcore, which is masked.
    expect(
      said
        .replace(/^core /, '')
        .trim()
        .split('\n'),
    ).toEqual([
      'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ',
      '0',
      '1',
      'full',
      '0',
      '0',
    ]);
  });

  it('leaves the rest of the machine as it was: no mount of it is seen outside', async () => {
    await server.hold('exec sleep 600');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(server.directory);
  });
});

/** What every Debian has at its top. */
const debianTop = new Set(
  'bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys tmp usr var'.split(
    ' ',
  ),
);

/** `major:minor` of the machine's disks. */
function blockDevices(): readonly string[] {
  return readdirSync('/sys/class/block').map((name) =>
    readFileSync(`/sys/class/block/${name}/dev`, 'utf8').trim(),
  );
}
