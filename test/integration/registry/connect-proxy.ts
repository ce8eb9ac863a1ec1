import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect, type Socket } from 'node:net';
import type { CertificateFiles } from './certificates.ts';

export interface ConnectProxy extends AsyncDisposable {
  readonly port: number;
  /** `CONNECT host:port` and `GET http://…`, in order. */
  readonly requests: readonly string[];
  /** Resets a tunnel when so many bytes more have come from servers. */
  cutAfterBytes: number;
}

/**
 * A real proxy: it tunnels (CONNECT) and passes plain requests on. Every name is this machine to it, so that what is asked for by a name
 * that nobody else knows has come through it. `credential` is what it wants in Proxy-Authorization.
 */
export async function startConnectProxy(
  settings: { readonly tls?: CertificateFiles; readonly credential?: string } = {},
): Promise<ConnectProxy> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const { credential, tls } = settings;
  const refuses = ({ headers }: http.IncomingMessage) =>
    credential !== undefined &&
    headers['proxy-authorization'] !== `Basic ${Buffer.from(credential).toString('base64')}`;

  const pass = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    requests.push(`${request.method} ${request.url}`);
    if (refuses(request)) return void response.writeHead(407).end();
    const { 'proxy-authorization': _own, ...headers } = request.headers;
    const url = new URL(request.url ?? '');
    const options = { port: url.port, path: url.pathname + url.search, method: request.method, headers };
    const onward = http.request({ host: '127.0.0.1', ...options }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  };
  const server =
    tls === undefined
      ? http.createServer(pass)
      : https.createServer({ cert: readFileSync(tls.certificate), key: readFileSync(tls.key) }, pass);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('connect', (request: http.IncomingMessage, client: Socket) => {
    requests.push(`CONNECT ${request.url}`);
    client.on('error', () => undefined);
    if (refuses(request)) return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    tunnel(client, Number(request.url?.split(':').at(-1)), proxy);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const proxy: ConnectProxy = {
    port: address.port,
    requests,
    cutAfterBytes: Number.POSITIVE_INFINITY,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function tunnel(client: Socket, port: number, proxy: ConnectProxy): void {
  const onward = connect(port, '127.0.0.1', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(onward);
    onward.on('data', (chunk: Buffer) => {
      proxy.cutAfterBytes -= chunk.length;
      if (proxy.cutAfterBytes < 0) {
        proxy.cutAfterBytes = Number.POSITIVE_INFINITY;
        client.resetAndDestroy();
        onward.destroy();
      } else if (!client.write(chunk)) {
        onward.pause();
        client.once('drain', () => onward.resume());
      }
    });
    onward.on('end', () => client.end());
  });
  onward.on('error', () => client.destroy());
  client.on('close', () => onward.destroy());
}
