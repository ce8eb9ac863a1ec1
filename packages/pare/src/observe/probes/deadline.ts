/** Thrown into what is still going on when its time is up. */
export class OutOfTime extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
    this.name = 'OutOfTime';
  }
}

/**
 * Runs something with a signal that is aborted when `signal` is, or after `timeoutMs` with OutOfTime as its reason. Throws
 * what `run` threw; the reason of `signal` when that was aborted, and OutOfTime when the time was up.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  signal: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new OutOfTime(timeoutMs)), timeoutMs);
  try {
    return await run(AbortSignal.any([signal, deadline.signal]));
  } catch (error) {
    signal.throwIfAborted();
    throw deadline.signal.aborted ? deadline.signal.reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/** An error of a connection in words for a person. */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'the connection was closed';
  return error.message;
}
