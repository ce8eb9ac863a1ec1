import type { Socket } from 'node:net';
import type { Answer } from '../../../model/observation.ts';
import { bytesAsText, receivedLimitBytes } from '../bytes-as-text.ts';
import { describeFailure, withDeadline } from '../deadline.ts';
import { openSocket } from '../open-socket.ts';
import type { AddressContext, ProbeOf, ProbeRunner } from '../probe.ts';

/** Without an expectation the answer is over when nothing more comes for this long. */
const idleMs = 500;
/** Where nothing is sent, there may be nothing to come at all. */
const greetingMs = 2000;

/** Bytes sent to a port, and what comes back: for redis, memcached, SMTP and others that speak in lines. */
export const tcpProbe: ProbeRunner<'tcp'> = {
  id: 'tcp',
  needs: 'address',
  port: (probe) => probe.port,
  title: titleOf,
  async run(probe, context): Promise<readonly Answer[]> {
    const question = titleOf(probe);
    const started = performance.now();
    try {
      const { outcome, received, unmet } = await exchange(probe, context);
      return [
        {
          kind: 'exchange',
          protocol: 'tcp',
          question,
          port: context.port,
          outcome,
          received: received === '' ? [] : [received],
          elapsedMs: performance.now() - started,
          ...(unmet === undefined ? {} : { unmet: [unmet] }),
        },
      ];
    } catch (error) {
      context.signal.throwIfAborted();
      return [{ kind: 'failed', probe: question, port: context.port, message: describeFailure(error) }];
    }
  },
};

function titleOf({ port, send, tls }: ProbeOf<'tcp'>): string {
  const words = send === '' ? '' : ` ${JSON.stringify(send.slice(0, 60))}`;
  return `${tls ? 'tls' : 'tcp'} localhost:${port}${words}`;
}

interface Exchange {
  readonly outcome: 'answered' | 'silent' | 'closed';
  readonly received: string;
  readonly unmet: string | undefined;
}

async function exchange(probe: ProbeOf<'tcp'>, context: AddressContext): Promise<Exchange> {
  // Before the deadline, so that what came until then is told.
  const endBy = performance.now() + context.timeoutMs * 0.9;
  return withDeadline(context.timeoutMs, context.signal, async (signal) => {
    const socket = await openSocket(context.address, probe.tls, signal);
    try {
      if (probe.send !== '') socket.write(probe.send);
      return await readAnswer(socket, probe, endBy - performance.now(), signal);
    } finally {
      socket.destroy();
    }
  });
}

/** Reads until the expectation is met, the other side closes, or nothing more comes. */
function readAnswer(
  socket: Socket,
  { expect, send }: ProbeOf<'tcp'>,
  patienceMs: number,
  signal: AbortSignal,
): Promise<Exchange> {
  const pattern = expect === undefined ? undefined : new RegExp(expect, 'm');
  const chunks: Uint8Array[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    const finish = (closed: boolean) => {
      const bytes = Buffer.concat(chunks);
      const found = pattern?.exec(bytes.toString('utf8'));
      // What comes after the match depends on how the network cut it.
      const end = found === null || found === undefined ? undefined : found.index + found[0].length;
      const received = end === undefined ? bytesAsText(bytes) : bytes.toString('utf8').slice(0, end);
      const unmet = pattern === undefined || end !== undefined ? undefined : `expected to match /${expect}/`;
      const answered = end !== undefined || (!closed && size > 0);
      resolve({ outcome: answered ? 'answered' : closed ? 'closed' : 'silent', received, unmet });
    };
    const firstMs = pattern !== undefined || send !== '' ? patienceMs : Math.min(greetingMs, patienceMs);
    socket.setTimeout(Math.max(1, firstMs), () => finish(false));
    socket.on('data', (chunk: Uint8Array) => {
      chunks.push(chunk);
      if (pattern === undefined) socket.setTimeout(idleMs);
      size += chunk.length;
      if (size >= receivedLimitBytes || pattern?.test(Buffer.concat(chunks).toString('utf8'))) finish(false);
    });
    socket.once('end', () => finish(true));
    socket.once('close', () => (signal.aborted ? reject(signal.reason) : finish(true)));
    socket.once('error', reject);
  });
}
