import { readFile } from 'node:fs/promises';
import { hostname as machineName } from 'node:os';
import { PareError } from '../../model/pare-error.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { EmbeddedContainer } from './container.ts';
import { addressOf, createMembers, type EmbeddedNetwork, type Members } from './embedded-network.ts';
import type { KeeperNetwork } from './keeper.ts';
import { asksForOutlet, findOutlet, type OutletKind, type OutletProgram } from './outlet.ts';

/** Which network namespace a container gets, and how others on it call it. */
export interface NetworkPlan {
  readonly keeper: KeeperNetwork;
  /** What is to lead a namespace of its own out of this machine. */
  readonly outlet: OutletProgram | undefined;
  /** What leads out the network that it is on, be it its own or not. */
  readonly ledOutBy: OutletKind | undefined;
  /** Undefined where it has the names of another's hosts(5): the host's or a container's whose network it is. */
  readonly members: Members | undefined;
  /** Beside its host name. */
  readonly names: readonly string[];
  /** Whether its ports are its own to publish. */
  readonly publishes: boolean;
  /** Text of hosts(5) where it has no members. */
  readonly hosts: string | undefined;
  /** Text of resolv.conf(5) where it is another container's. */
  readonly resolver: string | undefined;
  /** Docker gives a container that shares a network the host name that belongs to it. */
  readonly hostname: string | undefined;
}

/** What a plan may refer to. */
export interface NetworkContext {
  readonly host: { readonly path: string };
  readonly networks: ReadonlyMap<string, EmbeddedNetwork>;
  findContainer(reference: string): EmbeddedContainer | undefined;
}

const nothing = {
  outlet: undefined,
  ledOutBy: undefined,
  names: [],
  publishes: false,
  hosts: undefined,
  resolver: undefined,
  hostname: undefined,
};

/**
 * Reads `attach`, `--network` and `--link`. Throws PareError `usage` for a network that this engine does not have, `no-engine` for a
 * way out where this machine has no program for it.
 */
export async function planNetwork(spec: ContainerSpec, context: NetworkContext): Promise<NetworkPlan> {
  if (spec.attach !== undefined) {
    const network = context.networks.get(spec.attach.network);
    if (network === undefined) throw unknownNetwork(spec.attach.network);
    const { pid, members, outlet } = network;
    const keeper = { kind: 'joined', pid } as const;
    const ledOutBy = outlet?.kind;
    return { ...nothing, keeper, members, ledOutBy, names: spec.attach.aliases, publishes: true };
  }
  const { network = 'default', links } = spec.run;
  if (network.startsWith('container:')) {
    const other = findOther(network.slice('container:'.length), context);
    const keeper = { kind: 'joined', pid: other.keeperPid } as const;
    const [hosts, resolver] = await Promise.all([other.hostsText(), other.resolverText()]);
    return { ...nothing, keeper, members: undefined, hosts, resolver, hostname: other.hostname };
  }
  if (network === 'host') {
    const hosts = await readFile('/etc/hosts', 'utf8').catch(() => '');
    return { ...nothing, keeper: { kind: 'host' }, members: undefined, hosts, hostname: machineName() };
  }
  if (network === 'none') return ownNetwork(undefined);
  if (asksForOutlet(network)) {
    if (links.length > 0) throw oneNetworkOnly([`--network ${network}`, ...links]);
    return { ...ownNetwork(await findOutlet(network, context.host.path)), publishes: true };
  }
  if (network !== 'default') throw unknownNetwork(network);
  return links.length === 0
    ? { ...ownNetwork(undefined), publishes: true }
    : { ...nothing, ...(await linkedNetwork(links, context)), publishes: true };
}

function ownNetwork(outlet: OutletProgram | undefined): NetworkPlan {
  const address = addressOf(outlet);
  const keeper = { kind: 'own', address } as const;
  return { ...nothing, keeper, outlet, ledOutBy: outlet?.kind, members: createMembers(address) };
}

/** A link is a name for another container: the two share its network namespace. */
async function linkedNetwork(links: readonly string[], context: NetworkContext) {
  const others = links.map((link) => {
    const [reference = '', alias = reference] = link.split(':');
    return { other: findOther(reference, context), alias };
  });
  const [first] = others;
  if (first === undefined || others.some(({ other }) => other.members !== first.other.members)) {
    throw oneNetworkOnly(links);
  }
  for (const { other, alias } of others) await other.addName(alias);
  return { keeper: { kind: 'joined', pid: first.other.keeperPid } as const, members: first.other.members };
}

function findOther(reference: string, context: NetworkContext): EmbeddedContainer {
  const found = context.findContainer(reference);
  if (found !== undefined) return found;
  throw new PareError('usage', `the embedded engine has no container ${reference}`, {
    hint: 'only containers of the same run can be linked to; for one of docker use --engine docker',
  });
}

function oneNetworkOnly(names: readonly string[]): PareError {
  return new PareError(
    'usage',
    `${names.join(', ')}: a container has one network only in the embedded engine`,
    { hint: 'put the others on one network, or use --engine docker' },
  );
}

function unknownNetwork(name: string): PareError {
  return new PareError('usage', `the embedded engine has no network ${name}`, {
    hint: 'it has bridge (also slirp4netns, pasta), host, none and container:ID; for a network of docker use --engine docker',
  });
}
