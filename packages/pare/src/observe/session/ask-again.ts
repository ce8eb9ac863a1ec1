import type { Answer, HttpAnswer } from '../../model/observation.ts';
import type { Fetched, HttpPort } from '../probes/http/http-port.ts';
import { type FetchLimits, fetchOnce, HttpFailure } from '../probes/http/request.ts';

const concurrency = 4;
/** Applications that answer slowly are not asked everything again. */
const totalLimitMs = 2000;

/** Headers that say when, or who answered, and are never compared: their change says nothing about the content. */
const momentary = new Set([
  'date',
  'age',
  'expires',
  'last-modified',
  'etag',
  'set-cookie',
  'content-length',
  'connection',
  'keep-alive',
]);

/**
 * Asks each plain GET a second time and marks what is not the same (`varies`), so that the comparison knows what no
 * image could answer the same. Gives the answers in the order they came in.
 */
export async function askAgain(
  answers: readonly Answer[],
  ports: readonly HttpPort[],
  limits: FetchLimits,
): Promise<readonly Answer[]> {
  const started = performance.now();
  const result = [...answers];
  const pending = result.flatMap((answer, position) => {
    if (answer.kind !== 'http' || answer.method !== 'GET' || answer.varies !== undefined) return [];
    const port = ports.find((one) => one.target.port === answer.port);
    const path = port === undefined ? undefined : pathOf(port, answer);
    return port === undefined || path === undefined ? [] : [{ position, port, path, answer }];
  });
  const work = async () => {
    for (
      let next = pending.shift();
      next !== undefined && performance.now() - started < totalLimitMs;
      next = pending.shift()
    ) {
      const { position, port, path, answer } = next;
      const again = await fetchQuietly(port, path, limits);
      if (again === undefined) continue;
      const varies = differing(answer, again.answer);
      if (varies.length > 0) result[position] = { ...answer, varies };
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return result;
}

/** Only what was asked without headers of its own is in the port's memory. */
function pathOf(port: HttpPort, answer: HttpAnswer): string | undefined {
  for (const [path, fetched] of port.fetched) if (fetched.answer === answer) return path;
  return undefined;
}

/** A second answer that fails says nothing: the first one stands. */
async function fetchQuietly(port: HttpPort, path: string, limits: FetchLimits): Promise<Fetched | undefined> {
  try {
    return await fetchOnce(port.target, { method: 'GET', path, headers: {} }, limits);
  } catch (error) {
    if (error instanceof HttpFailure) return undefined;
    throw error;
  }
}

function differing(first: HttpAnswer, second: HttpAnswer): readonly ('status' | 'headers' | 'body')[] {
  const names = new Set([...Object.keys(first.headers), ...Object.keys(second.headers)]);
  const headers = [...names].some(
    (name) => !momentary.has(name) && first.headers[name] !== second.headers[name],
  );
  return [
    ...(first.status === second.status ? [] : (['status'] as const)),
    ...(headers ? (['headers'] as const) : []),
    ...(first.bodyDigest === second.bodyDigest ? [] : (['body'] as const)),
  ];
}
