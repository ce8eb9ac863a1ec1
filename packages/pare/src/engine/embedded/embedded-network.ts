import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostPath, hostPath } from '@pare/oci';
import type { Network } from '../../ports/container-engine.ts';
import { claim } from './claims.ts';
import type { EmbeddedHost } from './host.ts';
import { type Keeper, type KeeperNetwork, type KeeperOptions, startKeeper } from './keeper.ts';
import { type HostEntry, renderHosts } from './name-files.ts';
import { startKeeperWithOutlet } from './open-outlet.ts';
import { asksForOutlet, findOutlet, type OutletProgram, outletAddresses } from './outlet.ts';
import { removeBundle } from './owned.ts';
import type { SpareKeepers } from './spare-keepers.ts';

/** Docker's first container has it too. In a network namespace of its own it is nobody else's. */
const containerAddress = '172.17.0.2';

/** Kernel parameters that Docker sets in a container's network namespace. */
const networkSysctls = [
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
link set eth0 up`;

/** The address of those in a network namespace. */
function addressOf(outlet: OutletProgram | undefined): string {
  return outlet === undefined ? containerAddress : outletAddresses[outlet.kind].own;
}

/** The network namespace of a keeper that has one of its own. What leads it out makes its interface. */
export function ownNamespace(outlet: OutletProgram | undefined): Extract<KeeperNetwork, { kind: 'own' }> {
  const commands = outlet === undefined ? interfaceCommands : 'link set lo up';
  return { kind: 'own', address: addressOf(outlet), commands };
}

/** Starts a keeper of a network that nothing leads out. */
export function startSpareKeeper(options: Pick<KeeperOptions, 'host' | 'runId'>): Promise<Keeper> {
  return startKeeper({ ...options, network: ownNamespace(undefined), sysctls: networkSysctls });
}

/**
 * Starts a keeper, led out where there is something to do it, or takes a spare one that is like it. Files that a way out needs are made in
 * `directory`.
 */
export async function startKeeperOf(
  { outlet, directory, spares, ...options }: KeeperOptionsOf,
  signal?: AbortSignal,
): Promise<Keeper> {
  const all = { ...options, sysctls: networkSysctls };
  if (outlet !== undefined) return startKeeperWithOutlet({ ...all, directory }, outlet, signal);
  const spare = options.network.kind === 'own' ? await spares.take() : undefined;
  return spare ?? startKeeper(all, signal);
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
export function createMembers(own: string, addressed = false): Members {
  const members = new Map<
    HostPath,
    { readonly names: readonly string[]; readonly own: readonly HostEntry[] }
  >();
  let address = addressed ? own : '127.0.0.1';
  const write = async () => {
    const entries = [...members.values()].map(({ names }) => ({ address, names }));
    await Promise.all(
      // In place: a bind mount is of the file, not of its name.
      [...members].map(([file, { own }]) => writeFile(file, renderHosts([...entries, ...own]))),
    );
  };
  return {
    async add(names, hosts, entries, nowAddressed) {
      if (nowAddressed) address = own;
      members.set(hosts, { names, own: entries });
      await write();
      return async () => {
        members.delete(hosts);
        await write();
      };
    },
  };
}

interface KeeperOptionsOf extends Omit<KeeperOptions, 'sysctls'> {
  readonly outlet: OutletProgram | undefined;
  readonly directory: HostPath;
  readonly spares: SpareKeepers;
}

/** One network namespace that several containers share: they reach each other by name, each port is one container's. */
export interface EmbeddedNetwork extends Network {
  readonly pid: number;
  readonly members: Members;
  /** What leads it out of this machine; undefined: nothing. */
  readonly outlet: OutletProgram | undefined;
}

export interface EmbeddedNetworkOptions {
  readonly host: EmbeddedHost;
  readonly networks: HostPath;
  readonly runId: string;
  readonly spares: SpareKeepers;
  /** Networks that the containers on it name. One that asks for a way out gives it to all of them. */
  readonly asked: readonly string[];
}

/** Makes a network. Disposing of it ends its namespace. Throws PareError `no-engine` where nothing can lead it out. */
export async function createEmbeddedNetwork(
  options: EmbeddedNetworkOptions,
  signal: AbortSignal | undefined,
): Promise<EmbeddedNetwork> {
  const wanted = options.asked.find(asksForOutlet);
  const outlet = wanted === undefined ? undefined : await findOutlet(wanted, options.host.path);
  const network = ownNamespace(outlet);
  const id = randomBytes(6).toString('hex');
  const bundle = hostPath(join(options.networks, id));
  claim(options.networks, id, options.runId);
  let keeper: Keeper;
  try {
    await mkdir(bundle, { recursive: true, mode: 0o700 });
    const { host, runId, spares } = options;
    keeper = await startKeeperOf({ host, runId, spares, network, outlet, directory: bundle }, signal);
  } catch (error) {
    await removeBundle(options.networks, id);
    throw error;
  }
  return {
    id,
    pid: keeper.pid,
    members: createMembers(network.address, keeper.addressed),
    outlet,
    async [Symbol.asyncDispose]() {
      await keeper[Symbol.asyncDispose]();
      await removeBundle(options.networks, id);
    },
  };
}
