/** How long work that nobody waits for may keep the thread from answering whoever does. */
const turnMs = 12;

/**
 * Makes a pause for long work on the thread that everything shares: what it returns lets the event loop turn when the last turn was a
 * while ago, and costs next to nothing else. Promises alone do not: they are all settled before the loop goes on.
 */
export function createTurns(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < turnMs) return;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    last = performance.now();
  };
}
