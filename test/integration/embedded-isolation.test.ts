import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ContainerSpec } from '../../packages/pare/src/ports/container-engine.ts';
import { plainRun, type RealEngine, realEmbeddedEngine, testBase } from '../../packages/testkit/src/index.ts';

let real: RealEngine;
beforeAll(async () => {
  real = await realEmbeddedEngine([testBase()]);
});
afterAll(() => real?.[Symbol.asyncDispose]());

/** What a shell in a container says; its rights are Docker's default, and it is root. */
async function inside(script: string, rest: Partial<ContainerSpec> = {}): Promise<string> {
  await using container = await real.engine.createContainer({
    image: testBase(),
    run: plainRun,
    publishLoopback: [],
    binds: [],
    addCapabilities: [],
    dropCapabilities: [],
    noNewPrivileges: false,
    disableHealthcheck: true,
    argv: ['sh', '-c', script],
    ...rest,
  });
  const ended = container.wait();
  await container.start();
  await ended;
  let said = '';
  for await (const { stream, data } of container.logs()) if (stream === 'stdout') said += Buffer.from(data);
  return said;
}

it('sees no file of the host', async () => {
  const said = await inside(`
    ls /proc/1/root/ | tr '\\n' ' '; echo
    ls -d ${real.directory} /proc/*/root${real.directory} /proc/1/cwd${real.directory} 2>/dev/null
    cut -d ' ' -f 2 /proc/mounts | grep -vE '^/(proc|dev|sys|etc)(/|$)'`);
  const [root, ...rest] = said.trim().split('\n');
  expect(root?.split(' ')).not.toContain('work');
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
  const server = createServer((_, response) => response.end('the host'));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  try {
    const { port } = server.address() as AddressInfo;
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
    server.close();
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
    for disk in ${blockDevices().join(' ')}; do
      mknod /dev/disk b "\${disk%:*}" "\${disk#*:}"; head -c 1 /dev/disk >/dev/null 2>&1 && echo "read $disk"; rm -f /dev/disk
    done
    mknod /kmsg c 1 11; head -c 1 /kmsg >/dev/null 2>&1 && echo kmsg
    mknod /mem c 1 1; head -c 1 /mem >/dev/null 2>&1 && echo mem
    head -c 1 /dev/zero | wc -c; echo x >/dev/full 2>/dev/null || echo full
    cat /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls /sys/firmware | wc -l`);
  expect(said.trim().split('\n')).toEqual([
    'fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero ',
    '1',
    'full',
    '0',
    '0',
  ]);
});

it('leaves the rest of the machine as it was: no mount of it is seen outside', async () => {
  await using container = await real.engine.createContainer({
    image: testBase(),
    run: plainRun,
    publishLoopback: [],
    binds: [],
    addCapabilities: [],
    dropCapabilities: [],
    noNewPrivileges: false,
    disableHealthcheck: true,
    argv: ['sleep', '600'],
  });
  await container.start();
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(real.directory);
});

/** `major:minor` of the machine's disks. */
function blockDevices(): readonly string[] {
  return readdirSync('/sys/class/block').map((name) =>
    readFileSync(`/sys/class/block/${name}/dev`, 'utf8').trim(),
  );
}
