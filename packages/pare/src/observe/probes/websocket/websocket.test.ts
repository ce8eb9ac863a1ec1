import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ProbeOf } from '../probe.ts';
import { recordSteps } from '../testing/recorded-steps.ts';
import { websocketProbe } from './index.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(onSocket: (socket: WebSocket, path: string) => void): Promise<number> {
  const server = createServer((_, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ server, path: '/ws' });
  sockets.on('connection', (socket, request) => onSocket(socket, request.headers.host ?? ''));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function run(hostPort: number, over: Partial<ProbeOf<'websocket'>> = {}, timeoutMs = 3000) {
  if (websocketProbe.needs !== 'address') throw new Error('not a probe of an address');
  const usual = { tls: false, path: '/ws', headers: {}, protocols: [], send: [], expect: [] };
  const address = { host: '127.0.0.1', port: hostPort };
  const { signal } = new AbortController();
  return websocketProbe.run(
    { kind: 'websocket', ...usual, ...over },
    { address, port: 8080, steps: recordSteps(), timeoutMs, signal },
  );
}

const echo = (socket: WebSocket) =>
  void socket.on('message', (data) => socket.send(`you said ${String(data)}`));

describe('the WebSocket probe', () => {
  test('sends its messages and gives those that come back', async () => {
    expect(await run(await serve(echo), { send: ['hello', 'again'] })).toMatchObject([
      {
        kind: 'exchange',
        protocol: 'websocket',
        question: 'ws://localhost:8080/ws "hello"',
        outcome: 'open',
        received: ['you said hello', 'you said again'],
      },
    ]);
  });

  test('is asked under the address that a client beside the application would use', async () => {
    const port = await serve((socket, host) => socket.send(host));
    expect(await run(port, { expect: ['^localhost:8080$'] })).toMatchObject([
      { received: ['localhost:8080'] },
    ]);
  });

  test('says which message was expected and is not so', async () => {
    const [answer] = await run(await serve(echo), { send: ['hello'], expect: ['bye'] });
    expect(answer?.kind === 'exchange' ? answer.unmet : undefined).toEqual([
      'message 1 was expected to match /bye/: you said hello',
    ]);
  });

  test('tells how the server closed it', async () => {
    const port = await serve((socket) => socket.close(4001, 'go away'));
    expect(await run(port, { send: ['x'] })).toMatchObject([{ outcome: 'closed 4001', received: [] }]);
  });

  test('fails on a server that refuses the handshake, and on one that does not answer in time', async () => {
    const port = await serve(echo);
    expect(await run(port, { path: '/other' })).toMatchObject([
      { kind: 'failed', message: expect.stringContaining('400') },
    ]);
    const silent = await serve(() => undefined);
    expect(await run(silent, { expect: ['x'] }, 200)).toMatchObject([
      { outcome: 'closed 1006', unmet: [expect.anything()] },
    ]);
  });
});
