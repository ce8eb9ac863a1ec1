import type { SensorRecord } from '@pare/sensor';
import { expect, test } from 'vitest';
import { socketUse } from './socket-use.ts';

function record(family: number, address: Uint8Array, port = 0): Extract<SensorRecord, { kind: 'socket' }> {
  return { kind: 'socket', operation: 'listen', exec: 1, pid: 1, timeNs: 0n, family, address, port };
}

test.each([
  [
    'an IPv4 address',
    record(2, Uint8Array.of(127, 0, 0, 1), 80),
    { family: 'inet', address: '127.0.0.1:80', port: 80 },
  ],
  [
    'an IPv6 address',
    record(10, Uint8Array.of(0x20, 1, ...new Uint8Array(13), 7), 443),
    { family: 'inet6', address: '[2001::7]:443' },
  ],
  [
    'a socket file',
    record(1, Buffer.from('/run/x.sock')),
    { family: 'unix', address: '/run/x.sock', port: undefined },
  ],
  ['an abstract name', record(1, Buffer.from('\0name')), { family: 'unix', address: '@name' }],
  ['netlink', record(16, new Uint8Array()), { family: 'netlink', address: '' }],
  ['another family', record(17, new Uint8Array()), { family: 'other', port: undefined }],
  ['an address of another length', record(2, Uint8Array.of(1, 2), 5), { address: ':5' }],
])('words %s', (_, socket, expected) => {
  expect(socketUse(socket, 3)).toMatchObject({ ...expected, operation: 'listen', process: 3 });
});
