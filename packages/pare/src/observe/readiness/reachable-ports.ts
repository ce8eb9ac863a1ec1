import { createConnection } from 'node:net';
import type { ListeningSocket } from '../container/listening.ts';
import type { RunningContainer } from '../container/running-container.ts';
import type { HostAddress } from '../probes/http/http-port.ts';

/**
 * A connection to a published port of a remote engine that stays open this long has an application behind it. An
 * engine's proxy accepts at once and closes as soon as it finds that nobody listens.
 */
const remoteSettleMs = 200;

/** TCP ports on which the application is reachable now; what a remote engine hides is found by connecting. */
export async function reachablePorts(
  running: RunningContainer,
  wanted: readonly number[],
): Promise<readonly number[]> {
  const sockets = running.listening.sockets();
  if (sockets !== undefined) return portsOf(sockets);
  const found = await Promise.all(
    wanted.map(async (port) => {
      const address = running.address(port);
      return address !== undefined && (await staysOpen(address)) ? [port] : [];
    }),
  );
  return found.flat();
}

/** Their ports, without those that only the container itself reaches; sorted. */
export function portsOf(sockets: readonly ListeningSocket[]): readonly number[] {
  const ports = sockets.filter(({ loopback }) => !loopback).map(({ port }) => port);
  return [...new Set(ports)].sort((a, b) => a - b);
}

function staysOpen(address: HostAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(address);
    const finish = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('error', () => finish(false));
    socket.once('end', () => finish(false));
    socket.once('data', () => finish(true));
    socket.once('connect', () => socket.setTimeout(remoteSettleMs, () => finish(true)));
  });
}
