import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type HostPath,
  hostPath,
  type Image,
  openRegistry,
  openRegistryImage,
  parseRegistryReference,
  pushImage,
  type RetryClock,
  validateImage,
} from '@pare/oci';
import { expect } from 'vitest';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { noiseImage } from './noise-image.ts';
import { type RealRegistry, startRegistry } from './real-registry.ts';

/** A real registry behind a proxy that makes faults, and an image to send and fetch. */
export interface FaultBench extends AsyncDisposable {
  readonly registry: RealRegistry;
  readonly proxy: FaultProxy;
  /** Where transfers keep their files: empty when none is under way. */
  readonly directory: HostPath;
  readonly image: Image;
  /** Does not wait. */
  readonly clock: RetryClock;
  /** How long the client would have waited, each time since the last `reset`. */
  readonly waits: readonly number[];
  /** No faults any more. */
  reset(): void;
  /** Sends the image through the proxy. */
  push(name: string, pieceBytes?: number): Promise<string>;
  /** Fetches all of an image through the proxy and checks that it is the bench's. */
  pull(name: string): Promise<void>;
  /** Whether the registry itself has an image of that name, whole and right. */
  holds(name: string): Promise<boolean>;
}

export async function openFaultBench(): Promise<FaultBench> {
  const directory = hostPath(mkdtempSync(join(tmpdir(), 'pare-faults-')));
  const registry = await startRegistry();
  const proxy = await startFaultProxy(registry.host);
  const image = await noiseImage(3, 300_000);
  const waits: number[] = [];
  const clock: RetryClock = {
    now: () => 0,
    pause: async (milliseconds) => void waits.push(milliseconds),
    random: () => 1,
  };
  const fetchAll = async (host: string, name: string) => {
    using session = openRegistry(host, { clock });
    const reference = parseRegistryReference(`${host}/${name}`);
    await using pulled = await openRegistryImage(session, reference, { spoolDirectory: directory });
    await pulled.fetchLayers();
    expect(pulled.configDigest).toBe(image.configDigest);
    expect(await validateImage(pulled)).toEqual([]);
  };
  return {
    ...{ registry, proxy, directory, image, clock, waits },
    reset() {
      waits.length = 0;
      proxy.rule = () => undefined;
    },
    async push(name, pieceBytes) {
      using session = openRegistry(proxy.host, { clock });
      const reference = parseRegistryReference(`${proxy.host}/${name}`);
      const pieces = pieceBytes === undefined ? {} : { pieceBytes };
      const digest = await pushImage(session, reference, image, { spoolDirectory: directory, ...pieces });
      expect(readdirSync(directory)).toEqual([]);
      return digest;
    },
    pull: (name) => fetchAll(proxy.host, name),
    async holds(name) {
      try {
        await fetchAll(registry.host, name);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: 'not-found' });
        return false;
      }
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Whether a URL is asked for the first time. */
export function firstTime(): (url: string | undefined) => boolean {
  const seen = new Set<string | undefined>();
  return (url) => !seen.has(url) && seen.add(url) !== undefined;
}

/** What fails, as the error that it failed with. */
export async function errorOf(
  work: Promise<unknown>,
): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await work;
  } catch (error) {
    return error as { readonly code: string; readonly message: string };
  }
  throw new Error('it did not fail');
}
