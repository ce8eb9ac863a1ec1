import type { LogChunk } from '../../ports/container-engine.ts';
import { ApiError } from './api-error.ts';
import type { ApiClient } from './client.ts';
import { parseFrames } from './stream-frames.ts';

/**
 * Follows the output of a container that was started, from its beginning until it ends. An engine stops following when
 * the container ends, and Docker 20.10 may then not have sent the last lines: the log is read once more for them.
 */
export async function* followLogs(
  client: ApiClient,
  container: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<LogChunk> {
  const read = (follow: boolean) =>
    parseFrames(
      client.stream({
        method: 'GET',
        path: `/containers/${container}/logs`,
        query: { follow: String(follow), stdout: 'true', stderr: 'true' },
        doing: `reading the output of container ${container.slice(0, 12)}`,
        signal,
      }),
    );
  const givenBytes = { stdout: 0, stderr: 0 };
  for await (const chunk of read(true)) {
    givenBytes[chunk.stream] += chunk.data.length;
    yield chunk;
  }
  try {
    for await (const { stream, data } of read(false)) {
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
