/** Something that happens once, or never: those who wait for it are let through, or turned away with the reason. */
export interface Gate {
  open(): void;
  /** Turns away those who wait and those who come; without effect once it is open. */
  close(reason: Error): void;
  /** Resolves once the gate is open. Throws the reason it was closed for, or the signal's. */
  pass(signal?: AbortSignal): Promise<void>;
}

/** Makes a gate that is neither open nor closed yet. */
export function createGate(): Gate {
  let open = () => {};
  let close = (_reason: Error) => {};
  const settled = new Promise<void>((resolve, reject) => {
    open = resolve;
    close = reject;
  });
  // Nobody may be waiting when it is closed.
  settled.catch(() => {});
  return {
    open: () => open(),
    close: (reason) => close(reason),
    async pass(signal) {
      signal?.throwIfAborted();
      if (signal === undefined) return settled;
      let give = () => {};
      const aborted = new Promise<never>((_, reject) => {
        give = () => reject(signal.reason);
        signal.addEventListener('abort', give, { once: true });
      });
      try {
        await Promise.race([settled, aborted]);
      } finally {
        signal.removeEventListener('abort', give);
      }
    },
  };
}
