import http from 'node:http';
import https from 'node:https';
import { type ConnectionOptions, connect, createSecureContext } from 'node:tls';
import type { ProxyChoice } from './proxy.ts';
import type { TrustSource } from './trust.ts';
import { openTunnel, proxyHeaders, requestProxy } from './tunnel.ts';

/** How hosts are reached. */
export interface Reach {
  /** Whether a host's certificate is checked. */
  readonly verifyTls: (host: string) => boolean;
  /** Node's own authorities where it is left out. */
  readonly trust?: TrustSource | undefined;
  /** Every host is reached directly where it is left out. */
  readonly proxyOf?: ProxyChoice | undefined;
}

/** Connections that are kept for the next request. Disposing of it closes them, and those that are being opened. */
export interface Connections extends Disposable {
  /**
   * Finds the way to a host: direct, through a tunnel of its proxy, or, for plain HTTP, by way of the proxy. What is given back begins a
   * request there. Throws what `trust` and `proxyOf` throw; what fails after is told by the request.
   */
  routeTo(url: URL, idleMs: number): Promise<(options: http.RequestOptions) => http.ClientRequest>;
}

/** Opens no connection before the first request. */
export function openConnections({ proxyOf, trust, verifyTls }: Reach): Connections {
  const ended = new AbortController();
  const plain = new http.Agent({ keepAlive: true });
  const secure = new Map<string, Promise<https.Agent>>();

  const tlsOptions = async (host: string): Promise<ConnectionOptions> => {
    const rejectUnauthorized = verifyTls(host);
    if (trust === undefined) return { rejectUnauthorized };
    const { ca, cert, key } = await trust(host);
    const own = cert.length === 0 ? {} : { cert: [...cert], key: [...key] };
    // Made once: parsing some hundred authorities takes 20 ms.
    return { rejectUnauthorized, secureContext: createSecureContext({ ca: [...ca], ...own }) };
  };

  const openAgent = async (url: URL, proxy: URL | undefined, idleMs: number): Promise<https.Agent> => {
    const agent = new https.Agent({ keepAlive: true, ...(await tlsOptions(url.host)) });
    if (proxy === undefined) return agent;
    const tls = proxy.protocol === 'https:' ? await tlsOptions(proxy.host) : {};
    const authority = `${url.hostname}:${url.port === '' ? '443' : url.port}`;
    agent.createConnection = (options, callback) => {
      openTunnel(proxy, authority, { idleMs, tls, signal: ended.signal }).then(
        (socket) => callback?.(null, connect({ ...(options as ConnectionOptions), socket })),
        // No stream comes with an error; the type has no word for that.
        (error: Error) => callback?.(error, undefined as never),
      );
      return undefined;
    };
    return agent;
  };

  const secureAgent = (url: URL, proxy: URL | undefined, idleMs: number): Promise<https.Agent> => {
    const known = secure.get(url.host);
    if (known !== undefined) return known;
    const agent = openAgent(url, proxy, idleMs);
    secure.set(url.host, agent);
    return agent;
  };

  return {
    async routeTo(url, idleMs) {
      const proxy = proxyOf?.(url);
      if (url.protocol !== 'http:') {
        const agent = await secureAgent(url, proxy, idleMs);
        return (options) => https.request(url, { ...options, timeout: idleMs, agent });
      }
      if (proxy === undefined)
        return (options) => http.request(url, { ...options, timeout: idleMs, agent: plain });
      const tls = proxy.protocol === 'https:' ? await tlsOptions(proxy.host) : {};
      return (options) => {
        const own = options.headers as http.OutgoingHttpHeaders;
        const headers = { ...own, ...proxyHeaders(proxy), host: url.host };
        return requestProxy(
          proxy,
          { ...options, timeout: idleMs, path: url.href, headers, agent: false },
          tls,
        );
      };
    },
    [Symbol.dispose]() {
      ended.abort();
      plain.destroy();
      for (const agent of secure.values()) agent.then((opened) => opened.destroy()).catch(() => undefined);
    },
  };
}
