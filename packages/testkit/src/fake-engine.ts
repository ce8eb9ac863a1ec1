import { tmpdir } from 'node:os';
import { type Digest, hostPath, type Image, spoolDockerArchive } from '@pare/oci';
import { PareError } from '../../pare/src/model/pare-error.ts';
import type {
  Container,
  ContainerEngine,
  ContainerSpec,
  EngineInfo,
  ImageFacts,
  Network,
  OwnedObjects,
} from '../../pare/src/ports/container-engine.ts';
import { FakeContainer, type FakeContainerScript } from './fake-container.ts';

export interface FakeEngineOptions {
  readonly info?: Partial<EngineInfo>;
  /** Images that are there from the beginning, by `name:tag`. */
  readonly images?: Readonly<Record<string, Image>>;
  /** What the n-th container (from 0) does. */
  readonly script?: (spec: ContainerSpec, index: number) => FakeContainerScript;
  /** What `storeImage` throws. */
  readonly storeError?: Error;
}

/** An engine in memory, and what a test wants to know of it. */
export interface FakeEngine extends ContainerEngine {
  /** Every container that was created, also those that are gone. */
  readonly created: readonly FakeContainer[];
  /** Containers that are not disposed of. */
  readonly containers: ReadonlySet<FakeContainer>;
  /** Networks that are not disposed of. */
  readonly networks: ReadonlySet<string>;
  /** ID of each tag. */
  readonly tags: ReadonlyMap<string, string>;
  /** Every image by ID. */
  readonly images: ReadonlyMap<string, Image>;
}

const runId = 'fake.1';

/** Makes an engine that keeps all in memory; containers do what `script` says. */
export function fakeEngine(options: FakeEngineOptions = {}): FakeEngine {
  const images = new Map<string, Image>();
  const tags = new Map<string, string>();
  const created: FakeContainer[] = [];
  const containers = new Set<FakeContainer>();
  const networks = new Set<string>();
  let networksMade = 0;
  for (const [reference, image] of Object.entries(options.images ?? {})) {
    images.set(image.configDigest, image);
    tags.set(withTag(reference), image.configDigest);
  }
  const find = (reference: string): Image => {
    const image = images.get(tags.get(withTag(reference)) ?? reference);
    if (image !== undefined) return image;
    throw new PareError('image-not-found', `the engine has no image ${reference}`);
  };
  const tagsOf = (id: string) => [...tags].filter(([, target]) => target === id).map(([tag]) => tag);
  return {
    info: { ...defaultInfo, ...options.info },
    created,
    containers,
    networks,
    tags,
    images,
    async inspectImage(reference): Promise<ImageFacts> {
      const image = find(reference);
      const { architecture, os } = image.config;
      return { id: image.configDigest, tags: tagsOf(image.configDigest), architecture, os, sizeBytes: 0 };
    },
    async openImage(reference): Promise<Image> {
      // What the test gave is not disposed of by whoever opens it.
      return { ...find(reference), reference, [Symbol.asyncDispose]: async () => {} };
    },
    async storeImage(archive, signal): Promise<Digest> {
      signal?.throwIfAborted();
      if (options.storeError !== undefined) throw options.storeError;
      const image = await spoolDockerArchive(archive, hostPath(tmpdir()));
      images.set(image.configDigest, image);
      return image.configDigest;
    },
    hasImage: async (id) => images.has(id),
    async tagImage(id, reference): Promise<void> {
      tags.set(withTag(reference), find(id).configDigest);
    },
    async removeUntaggedImage(id): Promise<void> {
      if (tagsOf(id).length === 0) images.delete(id);
    },
    async createContainer(spec, signal): Promise<Container> {
      signal?.throwIfAborted();
      find(spec.image);
      const script = options.script?.(spec, created.length) ?? {};
      const container = new FakeContainer(`fake${created.length}`, spec, script, () => {
        containers.delete(container);
      });
      created.push(container);
      containers.add(container);
      return container;
    },
    async createNetwork(signal): Promise<Network> {
      signal?.throwIfAborted();
      const id = `network${networksMade++}`;
      networks.add(id);
      return {
        id,
        async [Symbol.asyncDispose]() {
          const attached = [...containers].filter(({ spec }) => spec.attach?.network === id);
          if (attached.length > 0) throw new Error(`${id} still has containers`);
          networks.delete(id);
        },
      };
    },
    async listOwned(): Promise<OwnedObjects> {
      return {
        containers: [...containers].map(({ id }) => ({ id, run: runId })),
        volumes: [],
        networks: [...networks].map((id) => ({ id, run: runId })),
      };
    },
    async removeOwned(objects): Promise<void> {
      const ids = new Set(objects.containers.map(({ id }) => id));
      for (const container of [...containers])
        if (ids.has(container.id)) await container[Symbol.asyncDispose]();
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const container of [...containers]) await container[Symbol.asyncDispose]();
    },
  };
}

const defaultInfo: EngineInfo = {
  kind: 'docker',
  name: 'fake',
  version: '0.0.0',
  apiVersion: '1.41',
  architecture: 'amd64',
  kernel: '6.1.0',
  operatingSystem: 'an engine in memory',
  local: true,
};

function withTag(reference: string): string {
  return /:[^/]*$/.test(reference) ? reference : `${reference}:latest`;
}
