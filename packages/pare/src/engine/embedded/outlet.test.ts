import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asksForOutlet, findOutlet, hostAddress, type OutletKind, outletCommand } from './outlet.ts';

describe('a way out of a network', () => {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pare-outlet-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const install = async (...kinds: readonly OutletKind[]) => {
    for (const kind of kinds) {
      await writeFile(join(directory, kind), '#!/bin/sh\n');
      await chmod(join(directory, kind), 0o755);
    }
  };

  it('is asked for by the name of the network that has one with Docker, and by the names of programs', () => {
    expect(['bridge', 'pasta', 'slirp4netns'].map(asksForOutlet)).toEqual([true, true, true]);
    expect([undefined, 'default', 'none', 'host', 'backend', ''].map(asksForOutlet)).toEqual(
      Array(6).fill(false),
    );
  });

  it('is the program that is there, slirp4netns where both are, and the one that is named', async () => {
    await install('pasta');
    const path = join(directory, 'pasta');
    expect(await findOutlet('bridge', directory)).toEqual({ kind: 'pasta', path });
    await install('slirp4netns');
    expect(await findOutlet('bridge', directory)).toMatchObject({ kind: 'slirp4netns' });
    expect(await findOutlet('pasta', directory)).toEqual({ kind: 'pasta', path });
  });

  it('is refused with the names of the packages where there is no program for it', async () => {
    const refusal = { code: 'no-engine', hint: expect.stringMatching(/install slirp4netns.*install passt/) };
    await expect(findOutlet('bridge', directory)).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining('neither slirp4netns nor pasta is on PATH'),
    });
    await install('slirp4netns');
    await expect(findOutlet('pasta', directory)).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining('--network pasta: pasta is not on PATH'),
    });
  });
});

describe('the command line', () => {
  it('keeps pasta from opening ports by itself, on either side', () => {
    const words = outletCommand({ kind: 'pasta', path: '/usr/bin/pasta' });
    for (const flag of ['--tcp-ports', '--udp-ports', '--tcp-ns', '--udp-ns'])
      expect(words[words.indexOf(flag) + 1], flag).toBe('none');
    expect(words).toContain('--no-map-gw');
  });

  it("keeps slirp4netns from this machine's loopback device", () => {
    expect(outletCommand({ kind: 'slirp4netns', path: '/usr/bin/slirp4netns' })).toEqual(
      expect.arrayContaining(['--disable-host-loopback', '--enable-sandbox', '--enable-seccomp']),
    );
  });
});

describe("this machine's address", () => {
  const entry = (address: string, family: 'IPv4' | 'IPv6', internal: boolean) => ({
    ...{ address, internal, netmask: '', mac: '', cidr: null },
    ...(family === 'IPv4' ? { family } : { family, scopeid: 0 }),
  });

  it('is the first that others reach it at', () => {
    const interfaces = {
      lo: [entry('127.0.0.1', 'IPv4', true)],
      eth0: [entry('fd00::2', 'IPv6', false), entry('192.0.2.7', 'IPv4', false)],
      docker0: [entry('172.17.0.1', 'IPv4', false)],
    };
    expect(hostAddress(interfaces)).toBe('192.0.2.7');
  });

  it("is Docker's gateway where it has none", () => {
    expect(hostAddress({ lo: [entry('127.0.0.1', 'IPv4', true)] })).toBe('172.17.0.1');
  });
});
