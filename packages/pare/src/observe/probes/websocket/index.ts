import type { RawData, WebSocket } from 'ws';
import type { Answer } from '../../../model/observation.ts';
import { bytesAsText, receivedLimitBytes } from '../bytes-as-text.ts';
import { describeFailure, withDeadline } from '../deadline.ts';
import { matches } from '../expectation.ts';
import { beginConnection } from '../open-socket.ts';
import type { AddressContext, ProbeOf, ProbeRunner } from '../probe.ts';

/** Where nothing is expected: how long the first message may take, and each after it. */
const firstMs = 5000;
const idleMs = 1000;

/** A WebSocket: messages sent, and the messages that come back (RFC 6455). */
export const websocketProbe: ProbeRunner<'websocket'> = {
  id: 'websocket',
  needs: 'address',
  port: (probe) => probe.port,
  title: titleOf,
  async run(probe, context): Promise<readonly Answer[]> {
    const question = titleOf(probe, context.port);
    const started = performance.now();
    try {
      const { outcome, received } = await converse(probe, context);
      const unmet = unmetOf(probe, received);
      return [
        {
          kind: 'exchange',
          protocol: 'websocket',
          question,
          port: context.port,
          outcome,
          received,
          elapsedMs: performance.now() - started,
          ...(unmet.length === 0 ? {} : { unmet }),
        },
      ];
    } catch (error) {
      context.signal.throwIfAborted();
      return [{ kind: 'failed', probe: question, port: context.port, message: describeFailure(error) }];
    }
  },
};

function titleOf({ path, send, tls }: ProbeOf<'websocket'>, port: number): string {
  const first = send[0] === undefined ? '' : ` ${JSON.stringify(send[0].slice(0, 60))}`;
  return `${tls ? 'wss' : 'ws'}://localhost:${port}${path}${first}`;
}

function unmetOf({ expect }: ProbeOf<'websocket'>, received: readonly string[]): readonly string[] {
  return expect.flatMap((pattern, index) => {
    const message = received[index];
    if (message === undefined)
      return [`message ${index + 1} was expected to match /${pattern}/, and did not come`];
    return matches(pattern, message)
      ? []
      : [`message ${index + 1} was expected to match /${pattern}/: ${message.slice(0, 160)}`];
  });
}

interface Conversation {
  readonly outcome: string;
  readonly received: readonly string[];
}

async function converse(probe: ProbeOf<'websocket'>, context: AddressContext): Promise<Conversation> {
  const { WebSocket: Client } = await import('ws');
  return withDeadline(context.timeoutMs, context.signal, async (signal) => {
    const url = `${probe.tls ? 'wss' : 'ws'}://localhost:${context.port}${probe.path}`;
    const socket = new Client(url, [...probe.protocols], {
      headers: probe.headers,
      createConnection: () => beginConnection(context.address, probe.tls, ['http/1.1']),
      maxPayload: 8 * 1024 * 1024,
    });
    const abort = () => socket.terminate();
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await messagesOf(socket, probe);
    } finally {
      signal.removeEventListener('abort', abort);
      socket.terminate();
    }
  });
}

/** Sends when it is open; over when as many messages came as are expected, or sent, or when it is closed. */
function messagesOf(socket: WebSocket, probe: ProbeOf<'websocket'>): Promise<Conversation> {
  const wanted = probe.expect.length > 0 ? probe.expect.length : probe.send.length;
  const received: string[] = [];
  let size = 0;
  let idle: NodeJS.Timeout | undefined;
  return new Promise((resolve, reject) => {
    const finish = (outcome: string) => {
      clearTimeout(idle);
      resolve({ outcome, received });
    };
    const wait = () => {
      clearTimeout(idle);
      if (received.length >= wanted || size >= receivedLimitBytes) finish('open');
      // An expected message has the whole time of the probe.
      else if (probe.expect.length === 0)
        idle = setTimeout(() => finish('open'), received.length === 0 ? firstMs : idleMs);
    };
    socket.on('message', (data: RawData) => {
      const bytes = Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data as ArrayBuffer);
      size += bytes.length;
      received.push(bytesAsText(bytes));
      wait();
    });
    socket.once('open', () => {
      for (const message of probe.send) socket.send(message);
      wait();
    });
    socket.once('close', (code) => finish(`closed ${code}`));
    socket.once('error', (error) => {
      clearTimeout(idle);
      reject(error);
    });
  });
}
