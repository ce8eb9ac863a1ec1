import { readFile } from 'node:fs/promises';
import { hostname as machineName } from 'node:os';
import { PareError } from '../../model/pare-error.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { EmbeddedContainer } from './container.ts';
import { createMembers, type EmbeddedNetwork, type Members, ownNamespace } from './embedded-network.ts';
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

const ofContainer = 'container:';

/**
 * Refuses a `--network` that no container can have here; gives whether one on it has ports of its own to publish. Throws as `planNetwork`
 * does.
 */
export async function checkNetwork(
  { network = 'default', links }: Pick<ContainerSpec['run'], 'network' | 'links'>,
  context: NetworkContext,
): Promise<boolean> {
  if (network.startsWith(ofContainer)) findOther(network.slice(ofContainer.length), context);
  if (network.startsWith(ofContainer) || network === 'host' || network === 'none') return false;
  if (asksForOutlet(network)) {
    // One that is linked is led out with the other.
    if (links.length === 0) await findOutlet(network, context.host.path);
  } else if (network !== 'default') throw unknownNetwork(network);
  return true;
}

/** Refuses a link to a container that is not of this run. Throws PareError `usage`. */
export function checkLinks(links: readonly string[], context: NetworkContext): void {
  for (const link of links) findOther(otherOf(link), context);
}

/**
 * Reads `attach`, `--network` and `--link`. Throws PareError `usage` for a network that this engine does not have, `no-engine` for a
 * way out where this machine has no program for it.
 */
export async function planNetwork(spec: ContainerSpec, context: NetworkContext): Promise<NetworkPlan> {
  const { network = 'default', links } = spec.run;
  if (spec.attach !== undefined) {
    const attached = context.networks.get(spec.attach.network);
    if (attached === undefined) throw unknownNetwork(spec.attach.network);
    const { pid, members, outlet } = attached;
    if (links.length > 0) await linkAll(links, members, context);
    const keeper = { kind: 'joined', pid } as const;
    return {
      ...nothing,
      keeper,
      members,
      ledOutBy: outlet?.kind,
      names: spec.attach.aliases,
      publishes: true,
    };
  }
  const publishes = await checkNetwork(spec.run, context);
  if (network.startsWith(ofContainer)) {
    const other = findOther(network.slice(ofContainer.length), context);
    const keeper = { kind: 'joined', pid: other.keeperPid } as const;
    const [hosts, resolver] = await Promise.all([other.hostsText(), other.resolverText()]);
    const { hostname, ledOutBy } = other;
    return { ...nothing, keeper, members: undefined, hosts, resolver, hostname, ledOutBy };
  }
  if (network === 'host') {
    const hosts = await readFile('/etc/hosts', 'utf8').catch(() => '');
    return { ...nothing, keeper: { kind: 'host' }, members: undefined, hosts, hostname: machineName() };
  }
  if (network === 'none') return ownNetwork(undefined);
  const [link] = links;
  if (link !== undefined)
    return { ...(await linkedNetwork(links, findOther(otherOf(link), context), spec, context)), publishes };
  const outlet = asksForOutlet(network) ? await findOutlet(network, context.host.path) : undefined;
  return { ...ownNetwork(outlet), publishes };
}

function ownNetwork(outlet: OutletProgram | undefined): NetworkPlan {
  const keeper = ownNamespace(outlet);
  return { ...nothing, keeper, outlet, ledOutBy: outlet?.kind, members: createMembers(keeper.address) };
}

/** A link is a name for another container: the two share its network namespace, and what leads that out. */
async function linkedNetwork(
  links: readonly string[],
  { keeperPid, members, ledOutBy }: EmbeddedContainer,
  { run: { network } }: ContainerSpec,
  context: NetworkContext,
): Promise<NetworkPlan> {
  if (ledOutBy === undefined && asksForOutlet(network)) {
    throw new PareError(
      'usage',
      `--network ${network}: ${links.join(', ')} shares a network that leads nowhere`,
      {
        hint: `give the other container --network ${network} too, or use --engine docker`,
      },
    );
  }
  await linkAll(links, members, context);
  return { ...nothing, keeper: { kind: 'joined', pid: keeperPid }, members, ledOutBy };
}

/** Gives containers of one network the names of the links to them. */
async function linkAll(
  links: readonly string[],
  members: Members | undefined,
  context: NetworkContext,
): Promise<void> {
  const others = links.map((link) => {
    const reference = otherOf(link);
    return { other: findOther(reference, context), alias: link.slice(reference.length + 1) || reference };
  });
  if (others.some(({ other }) => other.members !== members)) throw oneNetworkOnly(links);
  for (const { other, alias } of others) await other.addName(alias);
}

/** The container of `reference[:alias]`. */
function otherOf(link: string): string {
  return link.split(':', 1)[0] ?? '';
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
