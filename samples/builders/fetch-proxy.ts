/**
 * An HTTP proxy for apt in the containers that buildah builds in: asks for up to ten files at once. apt itself sends its next ten requests
 * ahead on one connection, and a server answers them one after the other; where each answer is a little late, four hundred packages are a minute
 * late. Answers go out in the order of the requests, as HTTP wants it (RFC 9112, 9.3.2); Node's server sees to that.
 * Prints its address, and ends with the process that started it.
 */
import { lookup } from 'node:dns/promises';
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { pipeline } from 'node:stream/promises';

/** Headers that are a connection's own (RFC 9110, 7.6.1). */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ofConnection.has(name)));
}

/** Asks for each name once: several questions at the same moment are more than some resolvers answer at once. */
function lookUpOnce(): LookupFunction {
  const known = new Map<string, ReturnType<typeof lookUpAll>>();
  return (hostname, { all }, callback) => {
    const answer = known.get(hostname) ?? lookUpAll(hostname);
    known.set(hostname, answer);
    answer.then(
      (addresses) => {
        const [first] = addresses;
        if (all === true || first === undefined) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => {
        known.delete(hostname);
        callback(error, []);
      },
    );
  };
}

function lookUpAll(hostname: string) {
  return lookup(hostname, { all: true });
}

const agent = new Agent({ keepAlive: true, maxSockets: 10, lookup: lookUpOnce() });

async function answer(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = '', url = '' } = incoming;
  if ((method !== 'GET' && method !== 'HEAD') || !url.startsWith('http://')) {
    outgoing.writeHead(501).end();
    return;
  }
  const asked = request(url, { method, agent, headers: endToEnd(incoming.headers) });
  outgoing.once('close', () => asked.destroy());
  const received = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.once('response', resolve).once('error', reject).end();
  });
  outgoing.writeHead(received.statusCode ?? 502, endToEnd(received.headers));
  await pipeline(received, outgoing);
}

const server = createServer((incoming, outgoing) => {
  answer(incoming, outgoing).catch(() => {
    if (outgoing.headersSent) outgoing.destroy();
    else outgoing.writeHead(502).end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) process.exit(0);
}, 1000);
