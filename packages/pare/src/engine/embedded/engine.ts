import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { type Digest, type HostPath, hostPath, type Image } from '@pare/oci';
import type { SeccompProfile } from '../../model/hardening-profile.ts';
import { PareError } from '../../model/pare-error.ts';
import type { RunOptions } from '../../model/scenario.ts';
import type {
  ContainerEngine,
  ContainerSpec,
  EngineInfo,
  ImageFacts,
  Network,
  OwnedObjects,
  SlimParts,
  StagedImage,
  StageImageOptions,
} from '../../ports/container-engine.ts';
import type { ImageStore } from '../../ports/image-store.ts';
import { checkRunOptions } from './check-run.ts';
import type { EmbeddedContainer } from './container.ts';
import { createEmbeddedContainer } from './create-container.ts';
import type { StagedContent } from './create-context.ts';
import { createEmbeddedNetwork, type EmbeddedNetwork, startSpareKeeper } from './embedded-network.ts';
import type { EmbeddedHost } from './host.ts';
import { type EngineImages, engineImages } from './images.ts';
import { type EnginePlaces, listOwned, removeOwned } from './owned.ts';
import { openSpareKeepers, type SpareKeepers } from './spare-keepers.ts';

export interface EmbeddedEngineOptions {
  readonly info: EngineInfo;
  readonly host: EmbeddedHost;
  readonly store: ImageStore;
  readonly runId: string;
  /** Directory that relative bind sources are below. */
  readonly directory: string;
  /** Docker's default profile for a container with these capabilities. */
  readonly defaultSeccomp: (capabilities: readonly string[]) => SeccompProfile;
}

/** Runs containers without a daemon. Disposing of it removes the containers and networks that are left. */
export class EmbeddedEngine implements ContainerEngine {
  readonly info: EngineInfo;
  readonly #options: EmbeddedEngineOptions;
  readonly #places: EnginePlaces;
  readonly #images: EngineImages;
  readonly #containers = new Map<string, EmbeddedContainer>();
  readonly #staged = new Map<string, StagedContent>();
  readonly #networks = new Map<string, EmbeddedNetwork>();
  readonly #spares: SpareKeepers;

  constructor(options: EmbeddedEngineOptions) {
    this.#options = options;
    this.info = options.info;
    this.#images = engineImages(options.store);
    this.#places = enginePlaces(options.store.root);
    const { host, runId } = options;
    this.#spares = openSpareKeepers(() => startSpareKeeper({ host, runId }));
  }

  inspectImage(reference: string): Promise<ImageFacts> {
    return this.#images.inspect(reference);
  }

  openImage(reference: string): Promise<Image> {
    return this.#images.open(reference);
  }

  storeImage(
    archive: AsyncIterable<Uint8Array>,
    signal?: AbortSignal,
    hashed?: () => Digest | undefined,
  ): Promise<string> {
    return this.#images.storeArchive(archive, signal, hashed);
  }

  composeImage(...[parts, options]: Parameters<ImageStore['compose']>): ReturnType<ImageStore['compose']> {
    return this.#options.store.compose(parts, options);
  }

  async stageImage(
    parts: SlimParts,
    { ahead, ...options }: StageImageOptions = {},
  ): Promise<StagedImage | undefined> {
    const under = ahead === undefined ? undefined : this.#staged.get(ahead.id)?.layers;
    const layers = await this.#options.store.linkLayer(parts, { ...options, under });
    if (layers === undefined) return undefined;
    const id = `staged-${randomBytes(8).toString('hex')}`;
    this.#staged.set(id, { config: parts.config, layers });
    return {
      id,
      [Symbol.asyncDispose]: async () => {
        this.#staged.delete(id);
        await layers[Symbol.asyncDispose]();
      },
    };
  }

  hasImage(id: string): Promise<boolean> {
    return this.#images.has(id);
  }

  tagImage(id: string, reference: string): Promise<void> {
    return this.#images.tag(id, reference);
  }

  removeUntaggedImage(id: string): Promise<void> {
    return this.#images.removeUntagged(id);
  }

  checkRun(run: RunOptions, { attached }: { readonly attached: boolean }): Promise<void> {
    const { host, directory } = this.#options;
    return checkRunOptions(run, attached, {
      ...{ host, directory, networks: this.#networks },
      findContainer: (reference) => this.#findContainer(reference),
    });
  }

  expectContainers(count: number): void {
    this.#spares.prepare(count);
  }

  expectImage(): void {
    this.#options.store.expectImage();
    if ([...this.#containers.values()].some(({ proxied }) => proxied)) this.#spares.prepareProxies();
  }

  async createContainer(spec: ContainerSpec, signal?: AbortSignal): Promise<EmbeddedContainer> {
    const { host, store, runId, directory, defaultSeccomp } = this.#options;
    const container = await createEmbeddedContainer(
      spec,
      {
        host,
        store,
        runId,
        directory,
        defaultSeccomp,
        containers: this.#places.containers,
        volumes: this.#places.volumes,
        networks: this.#networks,
        spares: this.#spares,
        staged: this.#staged,
        findContainer: (reference) => this.#findContainer(reference),
        onDisposed: ({ id }) => this.#containers.delete(id),
      },
      signal,
    );
    this.#containers.set(container.id, container);
    return container;
  }

  async createNetwork(signal?: AbortSignal, asked: readonly string[] = []): Promise<Network> {
    const { host, runId } = this.#options;
    const networks = this.#places.networks;
    const network = await createEmbeddedNetwork(
      { host, runId, networks, asked, spares: this.#spares },
      signal,
    );
    this.#networks.set(network.id, network);
    return {
      id: network.id,
      [Symbol.asyncDispose]: async () => {
        await network[Symbol.asyncDispose]();
        this.#networks.delete(network.id);
      },
    };
  }

  #findContainer(reference: string): EmbeddedContainer | undefined {
    return [...this.#containers.values()].find(
      ({ id }) => id.startsWith(reference) && reference.length >= 12,
    );
  }

  listOwned(): Promise<OwnedObjects> {
    return listOwned(this.#places);
  }

  removeOwned(objects: OwnedObjects): Promise<void> {
    return removeOwned(this.#places, objects);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const dispose = async (left: Iterable<AsyncDisposable>) =>
      (await Promise.allSettled([...left].map((one) => one[Symbol.asyncDispose]()))).flatMap((result) =>
        result.status === 'rejected' ? [result.reason] : [],
      );
    const failures = [
      ...(await dispose(this.#containers.values())),
      ...(await dispose(this.#networks.values())),
      ...(await dispose([this.#spares, this.#options.store])),
    ];
    if (failures.length === 0) return;
    throw new PareError('engine-failed', `${failures.length} containers or networks could not be removed`, {
      details: failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))),
      hint: 'run `pare gc`',
      cause: failures[0],
    });
  }
}

/** Beside the store, which is on a disk with room and is the user's own. */
function enginePlaces(storeRoot: HostPath): EnginePlaces {
  const place = (name: string) => hostPath(join(dirname(storeRoot), 'engine', name));
  return { containers: place('c'), volumes: place('volumes'), networks: place('n') };
}
