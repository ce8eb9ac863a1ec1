import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { isTransientError } from './retry.ts';

/** A proxy would not open a tunnel. */
class ProxyError extends Error {
  /** `EPROXYBUSY` where it may a little later. */
  readonly code: 'EPROXY' | 'EPROXYBUSY';
  constructor(message: string, code: ProxyError['code'], options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProxyError';
    this.code = code;
  }
}

/** What a proxy wants to know of us, where its URL has a user. */
export function proxyHeaders({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {};
  const words = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(words).toString('base64')}` };
}

/** A request to a proxy itself; `tls` says how its certificate is checked. */
export function requestProxy(
  proxy: URL,
  options: http.RequestOptions,
  tls: ConnectionOptions,
): http.ClientRequest {
  const where = {
    hostname: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
    ...(proxy.port === '' ? {} : { port: proxy.port }),
  };
  if (proxy.protocol === 'https:') return https.request({ ...tls, ...where, ...options });
  return http.request({ ...where, ...options });
}

/**
 * Asks a proxy for a connection to `authority` (`host:port`) (RFC 9110 section 9.3.6, CONNECT). Throws ProxyError
 * when it refuses or cannot be reached, and the signal's reason.
 */
export function openTunnel(
  proxy: URL,
  authority: string,
  options: { readonly idleMs: number; readonly tls: ConnectionOptions; readonly signal: AbortSignal },
): Promise<Socket> {
  const headers = { host: authority, ...proxyHeaders(proxy) };
  const { idleMs, signal, tls } = options;
  const request = requestProxy(
    proxy,
    { method: 'CONNECT', path: authority, headers, agent: false, timeout: idleMs, signal },
    tls,
  );
  return new Promise((resolve, reject) => {
    request.once('connect', ({ statusCode = 0 }, socket, head) => {
      if (statusCode >= 200 && statusCode < 300) {
        socket.setTimeout(0);
        if (head.length > 0) socket.unshift(head);
        resolve(socket as Socket);
        return;
      }
      socket.destroy();
      reject(refusal(proxy, authority, statusCode));
    });
    // A proxy that does not know CONNECT answers as to any request.
    request.once('response', (response) => {
      response.destroy();
      reject(refusal(proxy, authority, response.statusCode ?? 0));
    });
    request.once('timeout', () =>
      request.destroy(
        new ProxyError(`the proxy ${proxy.host} was silent for ${idleMs / 1000} s`, 'EPROXYBUSY'),
      ),
    );
    request.once('error', (error) => reject(signal.aborted ? signal.reason : unreachable(proxy, error)));
    request.end();
  });
}

function unreachable(proxy: URL, cause: Error): ProxyError {
  if (cause instanceof ProxyError) return cause;
  const why = cause.message === '' && 'code' in cause ? String(cause.code) : cause.message;
  const code = isTransientError(cause) ? 'EPROXYBUSY' : 'EPROXY';
  return new ProxyError(`the proxy ${proxy.host} cannot be reached: ${why}`, code, { cause });
}

function refusal(proxy: URL, authority: string, status: number): ProxyError {
  const why = status === 407 ? ', which means that it wants a user and a password in its address' : '';
  const busy = status === 429 || status === 502 || status === 503 || status === 504;
  return new ProxyError(
    `the proxy ${proxy.host} answers ${status} to a connection to ${authority}${why}`,
    busy ? 'EPROXYBUSY' : 'EPROXY',
  );
}
