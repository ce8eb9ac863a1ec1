import type { LogChunk } from '../../ports/container-engine.ts';
import { ApiError } from './api-error.ts';
import type { ApiClient } from './client.ts';
import { parseFrames } from './stream-frames.ts';

/** How long an engine may go on sending what a container said that has ended. */
const lastWordsMs = 1000;

/**
 * Follows the output of a container that was started, from its beginning until it ends; `ended` tells when that is. An engine stops
 * following when the container ends, and Docker 20.10 may then not have sent the last lines: the log is read once more for them. Podman 4.3
 * never stops when the container ends just as it begins to follow (two of a hundred short runs on a busy machine): it is left then.
 */
export async function* followLogs(
  client: ApiClient,
  container: string,
  signal: AbortSignal | undefined,
  ended: (signal: AbortSignal) => Promise<unknown>,
): AsyncGenerator<LogChunk> {
  const read = (follow: boolean, until: AbortSignal | undefined) =>
    parseFrames(
      client.stream({
        method: 'GET',
        path: `/containers/${container}/logs`,
        query: { follow: String(follow), stdout: 'true', stderr: 'true' },
        doing: `reading the output of container ${container.slice(0, 12)}`,
        signal: until,
      }),
    );
  const givenBytes = { stdout: 0, stderr: 0 };
  using left = leaveAfter(signal, ended);
  try {
    for await (const chunk of read(true, left.signal)) {
      givenBytes[chunk.stream] += chunk.data.length;
      yield chunk;
    }
  } catch (error) {
    if (!left.isLeft()) throw error;
  }
  try {
    for await (const { stream, data } of read(false, signal)) {
      const known = Math.min(givenBytes[stream], data.length);
      givenBytes[stream] -= known;
      if (known < data.length) yield { stream, data: data.subarray(known) };
    }
  } catch (error) {
    // The container was removed, or is just being removed: there is no more to come.
    if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return;
    throw error;
  }
}

/** A signal that comes with the caller's own, and a while after the end of the container. */
function leaveAfter(signal: AbortSignal | undefined, ended: (signal: AbortSignal) => Promise<unknown>) {
  const over = new AbortController();
  const asking = new AbortController();
  const until = (own: AbortSignal) => (signal === undefined ? own : AbortSignal.any([signal, own]));
  let timer: NodeJS.Timeout | undefined;
  // Where that cannot be asked the engine's own end is all there is.
  ended(until(asking.signal)).then(
    () => {
      if (!asking.signal.aborted) timer = setTimeout(() => over.abort(), lastWordsMs);
    },
    () => undefined,
  );
  return {
    signal: until(over.signal),
    isLeft: () => over.signal.aborted && signal?.aborted !== true,
    [Symbol.dispose]() {
      asking.abort();
      clearTimeout(timer);
    },
  };
}
