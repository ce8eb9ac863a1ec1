import { connect, createServer, type Server, type Socket } from 'node:net';
import type { HostAddress } from '../http/http-port.ts';

/** Ports of this machine's loopback. Disposing of it closes those that were opened for it, with their connections. */
export interface LoopbackPorts extends AsyncDisposable {
  /** By port of the container, in the order given. */
  readonly addresses: ReadonlyMap<number, { readonly host: string; readonly port: number }>;
}

/** Gives every address a TCP port: a test suite cannot be told to use unix sockets. */
export async function openLoopbackPorts(addresses: ReadonlyMap<number, HostAddress>): Promise<LoopbackPorts> {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  const found = new Map<number, { readonly host: string; readonly port: number }>();
  for (const [port, address] of addresses) {
    if (!('path' in address)) {
      found.set(port, address);
      continue;
    }
    const server = forward(address.path, sockets);
    servers.push(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    const at = server.address();
    if (typeof at === 'object' && at !== null) found.set(port, { host: '127.0.0.1', port: at.port });
  }
  return {
    addresses: found,
    async [Symbol.asyncDispose]() {
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Half-closed connections stay open: the other side may still have an answer to give. */
function forward(path: string, sockets: Set<Socket>): Server {
  return createServer({ allowHalfOpen: true }, (incoming) => {
    const outgoing = connect({ path, allowHalfOpen: true });
    for (const [one, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => sockets.delete(one));
      one.pipe(other);
    }
  });
}
