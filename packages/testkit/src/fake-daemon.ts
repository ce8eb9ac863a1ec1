import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An HTTP server on a unix socket, for tests of what speaks to an engine. Disposing of it cuts every connection. */
export interface FakeDaemon extends AsyncDisposable {
  readonly socket: string;
  /** `METHOD path?query` of every request, in order. */
  readonly requests: readonly string[];
}

/** Answers of a daemon, by `METHOD /path` without version and query; a path segment `*` stands for any. */
export type FakeRoutes = Readonly<
  Record<string, (request: IncomingMessage, response: ServerResponse) => void>
>;

/** Starts a server with a listener of the test's own. */
export async function fakeDaemon(listener: RequestListener): Promise<FakeDaemon> {
  const directory = await mkdtemp(join(tmpdir(), 'pare-daemon-'));
  const socket = join(directory, 'socket');
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.listen(socket);
  await once(server, 'listening');
  return {
    socket,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Starts a server that answers as a Docker 20.10 does when asked who it is, and by `routes` else; 404 for the rest. */
export function fakeDockerDaemon(routes: FakeRoutes = {}): Promise<FakeDaemon> {
  const all: FakeRoutes = {
    'GET /_ping': (_, response) => response.setHeader('Api-Version', '1.41').end('OK'),
    'GET /version': (_, response) =>
      sendJson(response, 200, { Version: '20.10.24', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' }),
    'GET /info': (_, response) => sendJson(response, 200, { Name: 'fake', OSType: 'linux', Driver: 'vfs' }),
    ...routes,
  };
  return fakeDaemon((request, response) => {
    const path = (request.url ?? '').replace(/\?.*$/, '').replace(/^\/v\d+\.\d+/, '');
    const route = Object.entries(all).find(([key]) => matches(key, `${request.method} ${path}`));
    if (route !== undefined) route[1](request, response);
    else sendJson(response, 404, { message: `no route for ${path}` });
  });
}

function matches(pattern: string, asked: string): boolean {
  const [left, right] = [pattern.split('/'), asked.split('/')];
  return (
    left.length === right.length &&
    left.every((segment, index) => segment === '*' || segment === right[index])
  );
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}
