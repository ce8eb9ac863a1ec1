import { decodeName } from '@pare/oci';
import type { SensorRecord } from '@pare/sensor';
import type { SocketUse } from '../../model/observation.ts';

type SocketRecord = Extract<SensorRecord, { kind: 'socket' }>;

/** Address families of Linux (include/linux/socket.h). */
const families: Readonly<Record<number, SocketUse['family']>> = {
  1: 'unix',
  2: 'inet',
  10: 'inet6',
  16: 'netlink',
};

/** A socket record in words. */
export function socketUse(record: SocketRecord, process: number): SocketUse {
  const family = families[record.family] ?? 'other';
  const internet = family === 'inet' || family === 'inet6';
  return {
    operation: record.operation,
    family,
    address: internet ? `${hostOf(record.address)}:${record.port}` : nameOf(record.address),
    port: internet ? record.port : undefined,
    process,
  };
}

/** An abstract name begins with NUL (unix(7)); it is shown with `@`, as ss(8) does. */
function nameOf(address: Uint8Array): string {
  return address[0] === 0 ? `@${decodeName(address.subarray(1))}` : decodeName(address);
}

function hostOf(address: Uint8Array): string {
  if (address.length === 4) return [...address].join('.');
  if (address.length !== 16) return '';
  const view = new DataView(address.buffer, address.byteOffset, 16);
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(2 * index).toString(16));
  // The URL parser writes addresses as RFC 5952 asks, in brackets.
  return new URL(`http://[${groups.join(':')}]`).hostname;
}
