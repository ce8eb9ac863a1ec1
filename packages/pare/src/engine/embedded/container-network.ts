import { readFile } from 'node:fs/promises';
import { hostname as machineName } from 'node:os';
import { PareError } from '../../model/pare-error.ts';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { EmbeddedContainer } from './container.ts';
import { containerAddress, createMembers, type EmbeddedNetwork, type Members } from './embedded-network.ts';
import type { KeeperNetwork } from './keeper.ts';

/** Which network namespace a container gets, and how others on it call it. */
export interface NetworkPlan {
  readonly keeper: KeeperNetwork;
  /** Undefined where it has the names of another's hosts(5): the host's or a container's whose network it is. */
  readonly members: Members | undefined;
  /** Beside its host name. */
  readonly names: readonly string[];
  /** Whether its ports are its own to publish. */
  readonly publishes: boolean;
  /** Text of hosts(5) where it has no members. */
  readonly hosts: string | undefined;
  /** Docker gives a container that shares a network the host name that belongs to it. */
  readonly hostname: string | undefined;
}

/** What a plan may refer to. */
export interface NetworkContext {
  readonly networks: ReadonlyMap<string, EmbeddedNetwork>;
  findContainer(reference: string): EmbeddedContainer | undefined;
}

/** Reads `attach`, `--network` and `--link`. Throws PareError `usage` for a network that this engine does not have. */
export async function planNetwork(spec: ContainerSpec, context: NetworkContext): Promise<NetworkPlan> {
  const none = { names: [], publishes: false, hosts: undefined, hostname: undefined };
  if (spec.attach !== undefined) {
    const network = context.networks.get(spec.attach.network);
    if (network === undefined) throw unknownNetwork(spec.attach.network);
    const { pid, members } = network;
    const keeper = { kind: 'joined', pid } as const;
    return { ...none, keeper, members, names: spec.attach.aliases, publishes: true };
  }
  const { network = 'default', links } = spec.run;
  if (network.startsWith('container:')) {
    const other = findOther(network.slice('container:'.length), context);
    const keeper = { kind: 'joined', pid: other.keeperPid } as const;
    return { ...none, keeper, members: undefined, hosts: await other.hostsText(), hostname: other.hostname };
  }
  const own = { kind: 'own', address: containerAddress } as const;
  const members = createMembers();
  switch (network) {
    case 'host': {
      const hosts = await readFile('/etc/hosts', 'utf8').catch(() => '');
      return { ...none, keeper: { kind: 'host' }, members: undefined, hosts, hostname: machineName() };
    }
    case 'none':
      return { ...none, keeper: own, members };
    case 'default':
      return links.length === 0
        ? { ...none, keeper: own, members, publishes: true }
        : { ...none, ...(await linkedNetwork(links, context)), publishes: true };
    default:
      throw unknownNetwork(network);
  }
}

/** A link is a name for another container: the two share its network namespace. */
async function linkedNetwork(links: readonly string[], context: NetworkContext) {
  const others = links.map((link) => {
    const [reference = '', alias = reference] = link.split(':');
    return { other: findOther(reference, context), alias };
  });
  const [first] = others;
  if (first === undefined || others.some(({ other }) => other.members !== first.other.members)) {
    throw new PareError(
      'usage',
      `${links.join(', ')}: a container has one network only in the embedded engine`,
      {
        hint: 'put the others on one network, or use --engine docker',
      },
    );
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

function unknownNetwork(name: string): PareError {
  return new PareError('usage', `the embedded engine has no network ${name}`, {
    hint: 'it has host, none and container:ID; for a network of docker use --engine docker',
  });
}
