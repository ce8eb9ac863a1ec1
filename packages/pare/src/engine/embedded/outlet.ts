import { networkInterfaces } from 'node:os';
import { PareError } from '../../model/pare-error.ts';
import { findProgram } from './find-program.ts';

/**
 * The better first. pasta of 2023, which Debian 12 has, leaves a connection that is refused without an answer: an application that
 * tries a service in vain then waits where with Docker it goes on.
 */
const outletKinds = ['slirp4netns', 'pasta'] as const;

/** Programs that lead a network namespace out by sockets of this machine's network, without root there. */
export type OutletKind = (typeof outletKinds)[number];

/** One that this machine has. */
export interface OutletProgram {
  readonly kind: OutletKind;
  readonly path: string;
}

export interface OutletAddresses {
  /** Of the container. */
  readonly own: string;
  /** Where name servers on this machine's loopback device answer. */
  readonly nameserver: string;
}

const gateway = '172.17.0.1';

/** Docker's range; slirp4netns gives out the second, third and hundredth address of it. */
export const outletAddresses: Readonly<Record<OutletKind, OutletAddresses>> = {
  pasta: { own: '172.17.0.2', nameserver: '172.17.0.3' },
  slirp4netns: { own: '172.17.0.100', nameserver: '172.17.0.3' },
};

/** Whether a name of a network asks for a way out: `bridge`, which has one with Docker, or a program by name. */
export function asksForOutlet(network: string | undefined): boolean {
  return network === 'bridge' || outletKinds.some((kind) => kind === network);
}

/**
 * The program for a network that asks for a way out: the one of that name, or for `bridge` the first that is there. Throws
 * PareError `no-engine` where none is.
 */
export async function findOutlet(network: string, path: string): Promise<OutletProgram> {
  const named = outletKinds.filter((kind) => kind === network);
  for (const kind of named.length > 0 ? named : outletKinds) {
    const found = await findProgram(kind, path);
    if (found !== undefined) return { kind, path: found };
  }
  const missing = named.length > 0 ? `${network} is not` : 'neither slirp4netns nor pasta is';
  throw new PareError('no-engine', `--network ${network}: ${missing} on PATH, so nothing leads out`, {
    hint: 'install one: `apt-get install slirp4netns`, or `apt-get install passt` for pasta (Debian, Ubuntu); or use --network host',
  });
}

/**
 * The command line of a program, up to the network namespace. Neither opens a port of this machine, nor leads to its loopback
 * device; only IPv4 is led out, as on Docker's bridge.
 */
export function outletCommand({ kind, path }: OutletProgram): readonly string[] {
  const { own, nameserver } = outletAddresses[kind];
  switch (kind) {
    case 'pasta':
      return [
        ...[path, '--quiet', '--config-net', '--ipv4-only', '--ns-ifname', 'eth0'],
        ...['--address', own, '--netmask', '16', '--gateway', gateway, '--dns-forward', nameserver],
        // All four lead through every open port by themselves otherwise.
        ...['--tcp-ports', 'none', '--udp-ports', 'none', '--tcp-ns', 'none', '--udp-ns', 'none'],
        '--no-map-gw',
        // Who it becomes by itself, nobody, may not enter a network namespace of root's.
        ...['--runas', '0:0', '--netns-only', '--no-netns-quit'],
      ];
    case 'slirp4netns':
      return [
        ...[path, '--configure', '--mtu=65520', '--cidr=172.17.0.0/16'],
        ...['--disable-host-loopback', '--enable-sandbox', '--enable-seccomp'],
      ];
  }
}

/** An address of this machine that a container with a way out reaches it at, in the place of Docker's gateway. */
export function hostAddress(interfaces = networkInterfaces()): string {
  const all = Object.values(interfaces).flatMap((addresses) => addresses ?? []);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? gateway;
}
