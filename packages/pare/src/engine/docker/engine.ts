import { randomBytes } from 'node:crypto';
import type { HostPath, Image } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { RunOptions } from '../../model/scenario.ts';
import type {
  Container,
  ContainerEngine,
  ContainerSettings,
  ContainerSpec,
  EngineInfo,
  ImageFacts,
  Network,
  OwnedObjects,
} from '../../ports/container-engine.ts';
import { checkRunOptions } from './check-run.ts';
import type { Connection } from './connection.ts';
import type { DockerContainer } from './container.ts';
import { createContainer } from './create-container.ts';
import type { Endpoint } from './endpoint.ts';
import { isOnThisMachine } from './endpoint.ts';
import { findContainer } from './find-container.ts';
import type { Handshake } from './handshake.ts';
import {
  hasImage,
  inspectImage,
  openImage,
  removeUntaggedImage,
  storeImage,
  tagImage,
} from './image-store.ts';
import { createNetwork } from './network.ts';
import { listOwned, removeOwned } from './owned.ts';

export interface DockerEngineOptions {
  readonly connection: Connection;
  readonly endpoint: Endpoint;
  readonly handshake: Handshake;
  /** Value of the owner label, and part of the containers' names. */
  readonly runId: string;
  readonly temporaryDirectory: HostPath;
  readonly cacheDirectory: HostPath;
  /** Directory that relative bind sources are below. */
  readonly directory: string;
}

/** A Docker engine, or what speaks Docker's API. Disposing of it removes the containers and networks that are left. */
export class DockerEngine implements ContainerEngine {
  readonly info: EngineInfo;
  readonly #options: DockerEngineOptions;
  readonly #containers = new Set<DockerContainer>();
  readonly #networks = new Set<Network>();
  /** Two connections of one run must not give the same name twice. */
  readonly #nameSuffix = randomBytes(3).toString('hex');
  #created = 0;

  constructor(options: DockerEngineOptions) {
    this.#options = options;
    this.info = options.handshake.info;
  }

  inspectImage(reference: string, signal?: AbortSignal): Promise<ImageFacts> {
    return inspectImage(this.#client, this.#store, reference, signal);
  }

  openImage(reference: string, signal?: AbortSignal): Promise<Image> {
    return openImage(this.#client, this.#store, reference, this.#options, signal);
  }

  storeImage(archive: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<string> {
    return storeImage(this.#client, archive, signal);
  }

  hasImage(id: string, signal?: AbortSignal): Promise<boolean> {
    return hasImage(this.#client, id, signal);
  }

  tagImage(id: string, reference: string, signal?: AbortSignal): Promise<void> {
    return tagImage(this.#client, id, reference, signal);
  }

  removeUntaggedImage(id: string): Promise<void> {
    return removeUntaggedImage(this.#client, id);
  }

  checkRun(
    run: RunOptions,
    how: { readonly attached: boolean; readonly signal?: AbortSignal },
  ): Promise<void> {
    const { directory } = this.#options;
    return checkRunOptions(run, { ...how, client: this.#client, kind: this.info.kind, directory });
  }

  async createContainer(spec: ContainerSpec, signal?: AbortSignal): Promise<Container> {
    const { runId, directory, endpoint, temporaryDirectory } = this.#options;
    this.#created += 1;
    const container = await createContainer(
      spec,
      {
        client: this.#client,
        info: this.info,
        runId,
        directory,
        temporaryDirectory,
        name: `pare-${runId}-${this.#nameSuffix}-${this.#created}`,
        ...addressesOf(endpoint),
        onDisposed: (gone) => this.#containers.delete(gone),
      },
      signal,
    );
    this.#containers.add(container);
    return container;
  }

  async createNetwork(signal?: AbortSignal): Promise<Network> {
    const { runId } = this.#options;
    this.#created += 1;
    const name = `pare-${runId}-${this.#nameSuffix}-${this.#created}`;
    const onDisposed = (gone: Network) => void this.#networks.delete(gone);
    const network = await createNetwork({ client: this.#client, name, runId, onDisposed }, signal);
    this.#networks.add(network);
    return network;
  }

  findContainer(reference: string, signal?: AbortSignal): Promise<ContainerSettings | undefined> {
    return findContainer(this.#client, reference, signal);
  }

  listOwned(signal?: AbortSignal): Promise<OwnedObjects> {
    return listOwned(this.#client, signal);
  }

  removeOwned(objects: OwnedObjects): Promise<void> {
    return removeOwned(this.#client, objects);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const release = (held: Iterable<AsyncDisposable>) =>
      Promise.allSettled([...held].map((one) => one[Symbol.asyncDispose]()));
    // Containers hold their networks.
    const results = [...(await release(this.#containers)), ...(await release(this.#networks))];
    this.#options.connection.agent.destroy();
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    if (failures.length === 0) return;
    throw new PareError('engine-failed', `${failures.length} containers or networks could not be removed`, {
      details: failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))),
      hint: 'run `pare gc` once the engine answers again',
      cause: failures[0],
    });
  }

  get #client() {
    return this.#options.handshake.client;
  }

  get #store() {
    return this.#options.handshake.store;
  }
}

/**
 * Where ports are published, and where they are reached. The loopback address of another machine cannot be reached from
 * here, so there they are published on all of its addresses; through ssh there is no way to them yet.
 */
function addressesOf(endpoint: Endpoint): {
  readonly loopbackAddress: string;
  readonly engineAddress: string;
} {
  const remote = (endpoint.kind === 'tcp' || endpoint.kind === 'tls') && !isOnThisMachine(endpoint);
  if (remote) return { loopbackAddress: '', engineAddress: endpoint.hostname };
  return { loopbackAddress: '127.0.0.1', engineAddress: '127.0.0.1' };
}
