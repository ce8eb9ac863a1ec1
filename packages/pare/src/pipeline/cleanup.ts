/** Removals that go on beside the next stages; disposing waits for all of them and throws the first that failed. */
export interface Cleanup extends AsyncDisposable {
  defer(removal: Promise<void>): void;
  /** Waits for what was deferred so far; failures are kept for the end. */
  settled(): Promise<void>;
}

/** Opens an empty list of removals. */
export function openCleanup(): Cleanup {
  const removals: Promise<void>[] = [];
  return {
    defer(removal) {
      // It is looked at when the run ends; until then its failure must not count as unhandled.
      removal.catch(() => undefined);
      removals.push(removal);
    },
    async settled() {
      await Promise.allSettled(removals);
    },
    async [Symbol.asyncDispose]() {
      const settled = await Promise.allSettled(removals);
      const failed = settled.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
