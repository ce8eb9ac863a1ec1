import type { HostPath, RunConfig } from '@pare/oci';
import type { LogChunk } from '../../ports/container-engine.ts';
import type { ContainerLog } from './container-log.ts';
import type { Members } from './embedded-network.ts';
import type { EmbeddedHost } from './host.ts';
import type { Keeper } from './keeper.ts';
import type { OutletKind } from './outlet.ts';
import type { OutputPipe } from './output-pipes.ts';
import type { PlannedMount } from './planned-mount.ts';
import type { WantedPort } from './publish.ts';
import type { RuntimeProcess } from './runtime-spec.ts';

/** Everything that a container is made of; made by `createEmbeddedContainer`. */
export interface ContainerParts {
  readonly id: string;
  readonly hostname: string;
  readonly host: EmbeddedHost;
  readonly bundle: HostPath;
  readonly keeper: Keeper;
  readonly pipes: Readonly<Record<LogChunk['stream'], OutputPipe>>;
  readonly log: ContainerLog;
  readonly process: RuntimeProcess;
  /** Removes its directory and its cgroups. */
  remove(): Promise<void>;
  /** Held while anything is mounted on them. */
  readonly layers: AsyncDisposable;
  /** Where volumes are, and the names of those that go with it. */
  readonly volumes: HostPath;
  readonly made: readonly string[];
  /** Its mounts, as another container takes them over. */
  readonly shared: readonly PlannedMount[];
  readonly members: Members | undefined;
  /** What leads its network out of this machine; undefined: nothing. */
  readonly ledOutBy: OutletKind | undefined;
  addName(name: string): Promise<void>;
  /** Takes its names off its network. */
  leave(): Promise<void>;
  /** Ports that Pare reaches through sockets, and those of a container in this machine's own network. */
  readonly socketPorts: readonly number[];
  readonly hostPorts: readonly number[];
  readonly wantedPorts: readonly WantedPort[];
  /** Whether a port proxy runs. */
  readonly proxied: boolean;
  readonly healthcheck: RunConfig['Healthcheck'];
  readonly onDisposed: (container: { readonly id: string }) => void;
}
