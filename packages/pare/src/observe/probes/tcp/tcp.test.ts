import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { ProbeOf } from '../probe.ts';
import { recordSteps } from '../testing/recorded-steps.ts';
import { tcpProbe } from './index.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => onConnection(socket.on('error', () => undefined)));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function run(hostPort: number, over: Partial<ProbeOf<'tcp'>> = {}, timeoutMs = 3000) {
  if (tcpProbe.needs !== 'address') throw new Error('not a probe of an address');
  const probe = { kind: 'tcp', port: 6379, tls: false, send: '', ...over } as const;
  const { signal } = new AbortController();
  const address = { host: '127.0.0.1', port: hostPort };
  return tcpProbe.run(probe, { address, port: 6379, steps: recordSteps(), timeoutMs, signal });
}

const redis = (socket: Socket) =>
  socket.on('data', (data) => {
    if (String(data) === 'PING\r\n') {
      // In two pieces, the second with more than was asked for.
      socket.write('+PO');
      setImmediate(() => socket.write('NG\r\n+more\r\n'));
    } else socket.end('-ERR unknown\r\n');
  });

describe('the TCP probe', () => {
  test('reads until the expectation is met, and keeps nothing of what comes after', async () => {
    const answers = await run(await serve(redis), { send: 'PING\r\n', expect: '\\+PONG\\r\\n' });
    expect(answers).toMatchObject([
      {
        kind: 'exchange',
        question: 'tcp localhost:6379 "PING\\r\\n"',
        outcome: 'answered',
        received: ['+PONG\r\n'],
      },
    ]);
    expect(answers[0]).not.toHaveProperty('unmet');
  });

  test('says what was expected and what came when it is not met', async () => {
    expect(await run(await serve(redis), { send: 'HELLO\r\n', expect: 'PONG' })).toMatchObject([
      { outcome: 'closed', received: ['-ERR unknown\r\n'], unmet: ['expected to match /PONG/'] },
    ]);
  });

  test('takes what comes where nothing is expected, until nothing more comes', async () => {
    const port = await serve((socket) => socket.write('220 mail ready\r\n'));
    expect(await run(port)).toMatchObject([{ outcome: 'answered', received: ['220 mail ready\r\n'] }]);
  });

  test('gives bytes that are no text as hex digits', async () => {
    const port = await serve((socket) => socket.end(Uint8Array.of(0, 255, 16)));
    expect(await run(port)).toMatchObject([{ outcome: 'closed', received: ['00ff10'] }]);
  });

  test('fails where nobody listens, and where the answer does not come in time', async () => {
    const port = await serve(() => undefined);
    servers[0]?.close();
    await new Promise((resolve) => servers[0]?.once('close', resolve) ?? resolve(undefined));
    expect(await run(port)).toMatchObject([{ kind: 'failed', port: 6379, message: 'connection refused' }]);
    const silent = await serve(() => undefined);
    expect(await run(silent, { expect: 'x' }, 1000)).toMatchObject([{ outcome: 'silent', received: [] }]);
  });
});
