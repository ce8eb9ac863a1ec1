import type { ImageConfig } from '@pare/oci';
import type { ContainerSpec } from '../../ports/container-engine.ts';
import type { NetworkPlan } from './container-network.ts';
import { planPublished, type WantedPort } from './publish.ts';

/** The ports of a container that are led out of it. */
export interface PlannedPorts {
  /** Through sockets, for Pare. */
  readonly socketPorts: readonly number[];
  /** Reached as they are: the container is in this machine's own network. */
  readonly hostPorts: readonly number[];
  /** On ports of this machine, for the user. */
  readonly wantedPorts: readonly WantedPort[];
}

/** Plans them. Throws PareError `usage`. */
export function planPorts(spec: ContainerSpec, config: ImageConfig, network: NetworkPlan): PlannedPorts {
  const own = spec.publishLoopback.flatMap(tcpPort);
  return {
    socketPorts: network.publishes ? own : [],
    hostPorts: network.keeper.kind === 'host' ? own : [],
    wantedPorts: network.publishes ? planPublished(publishedPorts(spec, config)) : [],
  };
}

function publishedPorts(spec: ContainerSpec, { config }: ImageConfig): readonly string[] {
  const exposed = [...Object.keys(config.ExposedPorts ?? {}), ...spec.run.expose];
  const all = spec.run.publishAll ? exposed.filter((port) => !/\/(udp|sctp)$/.test(port)) : [];
  return [...spec.run.publish, ...all];
}

function tcpPort(port: string): readonly WantedPort['containerPort'][] {
  const [number, protocol = 'tcp'] = port.split('/');
  return protocol === 'tcp' ? [Number(number)] : [];
}
