import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import {
  countOfSockets,
  hasConnections,
  parseProcNetTcp,
  tellsOfConnections,
  watchListening,
} from './listening.ts';

const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n';
const rest = ' 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000000000000000 100 0 0 10 0\n';
const four = (address: string, state: string) => `   0: ${address} 00000000:0000 ${state}${rest}`;
const six = (address: string, state: string) =>
  `   1: ${address} 00000000000000000000000000000000:0000 ${state}${rest}`;

test('reads addresses and ports of listening sockets alone', () => {
  const text = head + four('00000000:1F90', '0A') + four('0100007F:0BB8', '0A') + four('0100007F:0016', '01');
  expect(parseProcNetTcp(text)).toEqual([
    { address: '0.0.0.0', port: 8080, loopback: false },
    { address: '127.0.0.1', port: 3000, loopback: true },
  ]);
});

test('reads IPv6 addresses, and mapped ones as IPv4', () => {
  const text =
    head +
    six('00000000000000000000000000000000:0050', '0A') +
    six('00000000000000000000000001000000:0051', '0A') +
    six('0000000000000000FFFF00000100007F:0052', '0A') +
    six('B80D0120000000000000000001000000:0053', '0A');
  expect(parseProcNetTcp(text)).toEqual([
    { address: '[::]', port: 80, loopback: false },
    { address: '[::1]', port: 81, loopback: true },
    { address: '127.0.0.1', port: 82, loopback: true },
    { address: '[2001:db8::1]', port: 83, loopback: false },
  ]);
});

test.each(['', head, `${head}   0: 0000`, 'nonsense\n\n', `${head}   0: XYZ:1F90 0:0 0A `])(
  'finds nothing in %j',
  (text) => {
    expect(parseProcNetTcp(text)).toEqual([]);
  },
);

test('never throws on any text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('0', 'A', ':', ' ', '\n', 'F') }),
      (text) => void parseProcNetTcp(text),
    ),
  );
});

async function listen(server: Server): Promise<number | undefined> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? address?.port : undefined;
}

test('sees at once that a live process begins to listen, and that it ends to', async () => {
  const watch = watchListening(process.pid);
  const ports = () => watch.sockets()?.map(({ port }) => port);
  const server = createServer();
  ports();
  const port = await listen(server);
  expect(watch.sockets()).toContainEqual({ address: '127.0.0.1', port, loopback: true });
  server.close();
  await once(server, 'close');
  expect(ports()).not.toContain(port);
});

test('sees in time that one socket took the place of another', async () => {
  const watch = watchListening(process.pid);
  const [first, second] = [createServer(), createServer()];
  const now = vi.spyOn(performance, 'now').mockReturnValue(0);
  try {
    await listen(first);
    watch.sockets();
    first.close();
    await once(first, 'close');
    const port = await listen(second);
    now.mockReturnValue(200);
    expect(watch.sockets()?.map((socket) => socket.port)).toContain(port);
  } finally {
    now.mockRestore();
    second.close();
  }
});

test('says that a process is gone, or cannot be seen', () => {
  expect(watchListening(2 ** 22 + 1).sockets()).toBeUndefined();
  expect(watchListening(undefined).sockets()).toBeUndefined();
  expect(hasConnections(2 ** 22 + 1)).toBe(true);
});

test.each([
  ['sockets: used 9\nTCP: inuse 2 orphan 0 tw 1 alloc 3 mem 4\nUDP: inuse 7 mem 0\n', 2],
  ['TCP6: inuse 13\nUDP6: inuse 0\n', 13],
  ['', 0],
  ['sockets: used 9\n', undefined],
  ['TCP: inuse many\n', undefined],
])('counts the TCP sockets of %j', (text, count) => {
  expect(countOfSockets(text)).toBe(count);
});

test.each([
  ['established', '01', true],
  ['being made', '02', true],
  ['listening', '0A', false],
  ['waiting for its time to pass', '06', false],
  ['closed', '07', false],
])('a connection that is %s', (_name, state, told) => {
  expect(tellsOfConnections(head + four('0100007F:0016', '0A') + four('0100007F:0016', state))).toBe(told);
  expect(tellsOfConnections(head + six('00000000000000000000000000000000:0050', state))).toBe(told);
});
