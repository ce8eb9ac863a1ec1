import type { Keeper } from './keeper.ts';

/**
 * Keepers with a network namespace of their own that wait for a container: what does not depend on its image is done while there is time.
 * There are no files of them. Disposing of it ends those that nobody took.
 */
export interface SpareKeepers extends AsyncDisposable {
  prepare(count: number): void;
  /** Starts the port proxies of those that are there, for containers that are like one that had ports. */
  prepareProxies(): void;
  /** Gives one away; undefined where there is none. */
  take(): Promise<Keeper | undefined>;
}

/** Opens an empty stock. `start` makes a keeper; where it fails there is one less, and who needs one makes it and is told why. */
export function openSpareKeepers(start: () => Promise<Keeper>): SpareKeepers {
  const spares: Promise<Keeper | undefined>[] = [];
  return {
    prepare(count) {
      for (let index = 0; index < count; index += 1) spares.push(start().catch(() => undefined));
    },
    prepareProxies() {
      for (const spare of spares) void spare.then((keeper) => keeper?.prepareProxy());
    },
    take: async () => spares.shift(),
    async [Symbol.asyncDispose]() {
      await Promise.all(spares.splice(0).map(async (spare) => (await spare)?.[Symbol.asyncDispose]()));
    },
  };
}
