import type { LogChunk } from '../../ports/container-engine.ts';

/** Bytes of each stream that an answer holds. */
const outputLimitBytes = 64 * 1024;
const tailLimit = 40;
const lineLimit = 500;

/** Follows a container's output from its beginning to its end, in bounded memory. */
export interface LogCollector {
  /** The first 64 KiB of a stream so far. */
  text(stream: 'stdout' | 'stderr'): string;
  /** The last lines of both streams so far, long ones cut. */
  tail(): readonly string[];
  /** Resolves when the output has ended. Throws what reading it threw. */
  finished(): Promise<void>;
}

/** Starts following. */
export function collectLogs(chunks: AsyncIterable<LogChunk>): LogCollector {
  const heads = { stdout: newHead(), stderr: newHead() };
  const tails = { stdout: newTail(), stderr: newTail() };
  const lines: string[] = [];
  const finished = (async () => {
    for await (const { stream, data } of chunks) {
      heads[stream].add(data);
      lines.push(...tails[stream].add(data));
      lines.splice(0, lines.length - tailLimit);
    }
  })();
  // Whoever needs the whole output awaits `finished`; nobody may be there to hear when a session is cut short.
  finished.catch(() => undefined);
  return {
    text: (stream) => heads[stream].text(),
    tail: () => [...lines, ...tails.stdout.rest(), ...tails.stderr.rest()].slice(-tailLimit),
    finished: () => finished,
  };
}

function newHead() {
  const parts: Uint8Array[] = [];
  let size = 0;
  return {
    add(data: Uint8Array): void {
      if (size >= outputLimitBytes) return;
      parts.push(data.slice(0, outputLimitBytes - size));
      size += Math.min(data.length, outputLimitBytes - size);
    },
    text: () => Buffer.concat(parts).toString('utf8'),
  };
}

/** Splits one stream into lines; a line may come in pieces. */
function newTail() {
  const decoder = new TextDecoder();
  let rest = '';
  return {
    add(data: Uint8Array): readonly string[] {
      const pieces = (rest + decoder.decode(data, { stream: true })).split('\n');
      rest = (pieces.pop() ?? '').slice(0, lineLimit);
      return pieces.slice(-tailLimit).map((line) => line.replace(/\r$/, '').slice(0, lineLimit));
    },
    rest: () => (rest === '' ? [] : [rest]),
  };
}
