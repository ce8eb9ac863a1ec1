/** How long work may keep the thread from answering whoever else needs it. */
const turnMs = 4;

/** Lets the event loop turn where that is due, and costs next to nothing where it is not. */
export type Turn = () => Promise<void>;

/**
 * Makes the pauses of long work on the thread that everything shares. Promises alone are none: they are all settled before the loop goes
 * on. Work that is itself waited for has the loop turn once. While it is done beside what is waited for (`isAside`), it leaves the thread
 * for a millisecond each time: an answer on its way takes several turns of the loop, one for each call of the system.
 */
export function createTurns(isAside: () => boolean = () => false): Turn {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < turnMs) return;
    await new Promise<void>((resolve) => {
      if (isAside()) setTimeout(resolve, 1);
      else setImmediate(resolve);
    });
    last = performance.now();
  };
}

/** Brings work to its end that yields wherever it may be left alone. Throws the signal's reason between two of its parts. */
export async function inTurns<Result>(
  work: Generator<undefined, Result>,
  turn: Turn,
  signal: AbortSignal,
): Promise<Result> {
  for (;;) {
    await turn();
    signal.throwIfAborted();
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

/** Brings such work to its end at once, for those who wait for nothing else. */
export function runToEnd<Result>(work: Generator<undefined, Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}
