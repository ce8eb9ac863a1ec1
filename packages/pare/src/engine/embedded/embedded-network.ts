import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import type { Network } from '../../ports/container-engine.ts';
import { claim } from './claims.ts';
import type { EmbeddedHost } from './host.ts';
import { type Keeper, startKeeper } from './keeper.ts';
import { type HostEntry, renderHosts } from './name-files.ts';
import { removeBundle } from './owned.ts';

/** Docker's first container has it too. In a network namespace of its own it is nobody else's. */
export const containerAddress = '172.17.0.2';

/** Kernel parameters that Docker sets in a container's network namespace. */
export const networkSysctls = [
  // Ports below 1024 are open to every user (moby 20.03).
  'net/ipv4/ip_unprivileged_port_start=0',
  'net/ipv4/ping_group_range=0,2147483647',
  'net/ipv6/conf/all/disable_ipv6=1',
  'net/ipv6/conf/default/disable_ipv6=1',
];

/** ip(8) commands that give a container an interface beside its loopback device, as it has with Docker. */
const interfaceCommands = `link set lo up
link add eth0 type dummy
address add ${containerAddress}/16 dev eth0
link set eth0 up
`;

/** Writes what the keeper of an own network reads. */
export function writeInterface(bundle: HostPath): Promise<void> {
  return writeFile(join(bundle, 'network'), interfaceCommands);
}

/** Who is on a network: every member's names, in the hosts(5) of every member. */
export interface Members {
  /** `hosts`: the member's file, which is written anew whenever somebody comes or goes. */
  add(
    names: readonly string[],
    hosts: HostPath,
    own: readonly HostEntry[],
    addressed: boolean,
  ): Promise<() => Promise<void>>;
}

/** A network without members. Where its address could not be put on an interface they are all found at 127.0.0.1. */
export function createMembers(addressed = false): Members {
  const members = new Map<
    HostPath,
    { readonly names: readonly string[]; readonly own: readonly HostEntry[] }
  >();
  let address = addressed ? containerAddress : '127.0.0.1';
  const write = async () => {
    const entries = [...members.values()].map(({ names }) => ({ address, names }));
    await Promise.all(
      // In place: a bind mount is of the file, not of its name.
      [...members].map(([file, { own }]) => writeFile(file, renderHosts([...entries, ...own]))),
    );
  };
  return {
    async add(names, hosts, own, nowAddressed) {
      if (nowAddressed) address = containerAddress;
      members.set(hosts, { names, own });
      await write();
      return async () => {
        members.delete(hosts);
        await write();
      };
    },
  };
}

/** One network namespace that several containers share: they reach each other by name, each port is one container's. */
export interface EmbeddedNetwork extends Network {
  readonly pid: number;
  readonly members: Members;
}

/** Makes a network. Disposing of it ends its namespace. */
export async function createEmbeddedNetwork(
  options: { readonly host: EmbeddedHost; readonly networks: HostPath; readonly runId: string },
  signal: AbortSignal | undefined,
): Promise<EmbeddedNetwork> {
  const id = randomBytes(6).toString('hex');
  const bundle = hostPath(join(options.networks, id));
  await claim(options.networks, id, options.runId);
  let keeper: Keeper;
  try {
    await mkdir(join(bundle, 'root'), { recursive: true, mode: 0o700 });
    await writeInterface(bundle);
    keeper = await startKeeper(
      {
        host: options.host,
        bundle,
        id,
        network: { kind: 'own', address: containerAddress },
        overlay: '',
        sysctls: networkSysctls,
        ownSysctls: [],
        ports: [],
        hideUnified: false,
      },
      signal,
    );
  } catch (error) {
    await removeBundle(options.networks, id);
    throw error;
  }
  return {
    id,
    pid: keeper.pid,
    members: createMembers(keeper.addressed),
    async [Symbol.asyncDispose]() {
      await keeper[Symbol.asyncDispose]();
      await removeBundle(options.networks, id);
    },
  };
}
