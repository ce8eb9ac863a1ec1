/**
 * A program of its own: runs in a container's network namespace and leads connections on unix sockets to TCP ports there.
 * Paths of unix sockets know no network namespaces (unix(7)), so Pare reaches the ports without any network of the host's.
 * Reads on standard input to its end which ports, and in which directory there are to be the sockets, `p/PORT` each. Writes `ports` to
 * descriptor 3 once all listen.
 */
import { closeSync, mkdirSync, readFileSync, writeSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';

/** A full queue refuses a connection at once (EAGAIN, unix(7)). The kernel cuts this to net.core.somaxconn. */
const backlog = 4096;
const statusDescriptor = 3;
/** What a server may be bound to: everything, one loopback address, or the container's own address. */
const addresses = ['127.0.0.1', '::1', process.env.PARE_ADDRESS ?? ''].filter((address) => address !== '');

function relay(client: Socket, port: number, candidates: readonly string[]): void {
  const [host, ...others] = candidates;
  if (host === undefined) {
    // As a port that nobody listens on: no answer, and at once.
    client.destroy();
    return;
  }
  // A half-closed connection stays open in the other direction: the end of a request is not the end of its answer.
  const server = connect({ host, port, allowHalfOpen: true, noDelay: true });
  server.once('connect', () => {
    server.removeAllListeners('error');
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.pipe(other);
      one.once('error', () => other.destroy());
      one.once('close', () => {
        if (!other.destroyed) other.end();
      });
    }
    server.once('error', () => client.destroy());
  });
  server.once('error', () => relay(client, port, others));
}

// Waits; nothing is told to one that is not needed after all.
const order = readFileSync(0, 'utf8');
if (order === '') process.exit(0);
const { directory, ports } = JSON.parse(order) as {
  readonly directory: string;
  readonly ports: readonly number[];
};
// The address of a unix socket is short.
process.chdir(directory);
mkdirSync('p', { recursive: true });
await Promise.all(
  ports.map(
    (port) =>
      new Promise<void>((resolve, reject) => {
        createServer({ allowHalfOpen: true, pauseOnConnect: false }, (client) => {
          // Until it is led on, an error is of no interest to anybody.
          client.on('error', () => {});
          relay(client, port, addresses);
        })
          .once('error', reject)
          .listen({ path: `p/${port}`, backlog }, resolve);
      }),
  ),
);
writeSync(statusDescriptor, 'ports\n');
closeSync(statusDescriptor);
