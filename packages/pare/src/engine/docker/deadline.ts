/** A signal that aborts when the caller's does, or when time is up. Dispose of it when the wait is over. */
export interface Deadline extends Disposable {
  readonly signal: AbortSignal;
  /** Starts the time anew; undefined or infinite: no limit from here on. */
  restart(limitMs: number | undefined): void;
}

/** Starts a deadline. `timedOut` makes the abort reason when time is up; the caller's own reason is passed on. */
export function startDeadline(
  limitMs: number | undefined,
  caller: AbortSignal | undefined,
  timedOut: (limitMs: number) => Error,
): Deadline {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const stop = () => clearTimeout(timer);
  const restart = (ms: number | undefined) => {
    stop();
    if (ms !== undefined && Number.isFinite(ms)) timer = setTimeout(() => controller.abort(timedOut(ms)), ms);
  };
  const follow = () => {
    stop();
    controller.abort(caller?.reason);
  };
  restart(limitMs);
  if (caller?.aborted) follow();
  else caller?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    restart,
    [Symbol.dispose]() {
      stop();
      caller?.removeEventListener('abort', follow);
    },
  };
}
