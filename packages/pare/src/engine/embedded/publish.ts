import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import type { HostPath } from '@pare/oci';
import { PareError } from '../../model/pare-error.ts';
import type { PortOnHost } from '../../ports/container-engine.ts';
import { parsePublish } from '../docker/port-specs.ts';

/** A port of this machine that the user wants for one of the container's. */
export interface WantedPort {
  readonly containerPort: number;
  /** Empty: every address. */
  readonly address: string;
  /** Lowest and highest to try; 0: any. */
  readonly first: number;
  readonly last: number;
}

/** Reads `-p`. Throws PareError `usage`, also for UDP, which no unix socket carries. */
export function planPublished(publish: readonly string[]): readonly WantedPort[] {
  return publish.flatMap(parsePublish).map(({ port, binding }) => {
    const [containerPort = '', protocol] = port.split('/');
    if (protocol !== 'tcp') {
      throw new PareError('usage', `${port}: the embedded engine publishes TCP ports only`, {
        hint: 'use --network host, or --engine docker',
      });
    }
    const [first = '0', last = first] = (binding.HostPort || '0').split('-');
    return {
      containerPort: Number(containerPort),
      address: binding.HostIp,
      first: Number(first),
      last: Number(last),
    };
  });
}

/** Open ports of this machine that lead to a container. */
export interface PublishedPorts extends Disposable {
  readonly ports: readonly PortOnHost[];
}

/** Listens on the wanted ports and leads each connection to the socket of the container's port. */
export async function publishPorts(
  wanted: readonly WantedPort[],
  socketOf: (containerPort: number) => HostPath,
): Promise<PublishedPorts> {
  const servers: Server[] = [];
  const close = () => {
    for (const server of servers.splice(0)) server.close();
  };
  const ports: PortOnHost[] = [];
  try {
    for (const one of wanted) {
      const server = await listen(one, socketOf(one.containerPort));
      servers.push(server);
      const { address, port } = server.address() as AddressInfo;
      const hostAddress = address === '::' || address === '0.0.0.0' ? '127.0.0.1' : address;
      ports.push({ containerPort: one.containerPort, protocol: 'tcp', hostAddress, hostPort: port });
    }
  } catch (error) {
    close();
    throw error;
  }
  return { ports, [Symbol.dispose]: close };
}

async function listen({ address, first, last }: WantedPort, socket: HostPath): Promise<Server> {
  for (let port = first; ; port += 1) {
    try {
      return await listenOn(address === '' ? '0.0.0.0' : address, port, socket);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && port < last) continue;
      throw new PareError('engine-failed', `cannot publish port ${port}: ${code ?? String(cause)}`, {
        cause,
      });
    }
  }
}

function listenOn(host: string, port: number, socket: HostPath): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const inside = connect({ path: socket, allowHalfOpen: true });
    client.pipe(inside).pipe(client);
    client.once('error', () => inside.destroy());
    inside.once('error', () => client.destroy());
  });
  // The end of a run must not wait for connections that somebody keeps.
  server.on('connection', (client) => client.unref());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.unref();
      resolve(server);
    });
  });
}
