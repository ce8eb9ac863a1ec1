import { PareError } from '../../model/pare-error.ts';

/** PEM texts for a TLS connection to an engine. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** False accepts any certificate (a context's SkipTLSVerify). */
  readonly verify: boolean;
}

/** How an engine is reached. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly hostname: string; readonly port: number }
  | { readonly kind: 'tls'; readonly hostname: string; readonly port: number; readonly tls: TlsMaterial }
  /** The engine's own socket on another machine, through `ssh … docker system dial-stdio`. */
  | {
      readonly kind: 'ssh';
      readonly hostname: string;
      readonly port: number | undefined;
      readonly user: string | undefined;
      /** Socket on that machine; undefined: what its docker client takes by itself. */
      readonly socket: string | undefined;
    };

const plainPort = 2375;
const tlsPort = 2376;

/**
 * Parses the address of an engine as `DOCKER_HOST` has it: `unix:///path`, `tcp://host:port` (TLS when there is TLS
 * material), `http://`, `https://`, `ssh://[user@]host[:port][/socket]`. Throws PareError `usage`.
 */
export function parseEndpoint(address: string, tls?: TlsMaterial): Endpoint {
  const unix = /^unix:\/\/(.+)$/.exec(address);
  if (unix?.[1] !== undefined) return { kind: 'unix', path: unix[1] };
  const scheme = /^(tcp|http|https|ssh):\/\//.exec(address)?.[1];
  if (scheme === undefined) throw badAddress(address);
  const url = parseUrl(address);
  const port = url.port === '' ? undefined : Number(url.port);
  // URL keeps the brackets of an IPv6 address; connect(2) and ssh want it bare.
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (hostname === '' || hostname.startsWith('-')) throw badAddress(address);
  if (scheme === 'ssh') return sshEndpoint(url, hostname, port, address);
  if (url.pathname !== '/' && url.pathname !== '') throw badAddress(address);
  if (scheme === 'https' || (scheme === 'tcp' && tls !== undefined)) {
    return { kind: 'tls', hostname, port: port ?? tlsPort, tls: tls ?? { verify: true } };
  }
  return { kind: 'tcp', hostname, port: port ?? plainPort };
}

function sshEndpoint(url: URL, hostname: string, port: number | undefined, address: string): Endpoint {
  // As docker's own client: a password on a command line could be seen by everybody.
  if (url.password !== '' || url.search !== '' || url.hash !== '') throw badAddress(address);
  const user = url.username === '' ? undefined : decodeURIComponent(url.username);
  if (user?.startsWith('-')) throw badAddress(address);
  const socket = url.pathname === '' || url.pathname === '/' ? undefined : url.pathname;
  return { kind: 'ssh', hostname, port, user, socket };
}

/** `http:` and `https:` have default ports, which URL drops; an own scheme keeps what was written. */
function parseUrl(address: string): URL {
  try {
    return new URL(address.replace(/^\w+:/, 'pare:'));
  } catch (cause) {
    throw badAddress(address, cause);
  }
}

function badAddress(address: string, cause?: unknown): PareError {
  return new PareError('usage', `${JSON.stringify(address)} is no address of a container engine`, {
    hint: 'use unix:///path/to/socket, tcp://host:port or ssh://user@host',
    cause,
  });
}

/** The endpoint for people, as an address. */
export function renderEndpoint(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case 'unix':
      return endpoint.path;
    case 'tcp':
    case 'tls':
      return `tcp://${bracketed(endpoint.hostname)}:${endpoint.port}`;
    case 'ssh':
      return `ssh://${endpoint.user === undefined ? '' : `${endpoint.user}@`}${bracketed(endpoint.hostname)}${endpoint.port === undefined ? '' : `:${endpoint.port}`}`;
  }
}

function bracketed(hostname: string): string {
  return hostname.includes(':') ? `[${hostname}]` : hostname;
}

/** Whether the endpoint can only lead to this machine (the engine behind may still be in a virtual machine). */
export function isOnThisMachine(endpoint: Endpoint): boolean {
  switch (endpoint.kind) {
    case 'unix':
      return true;
    case 'tcp':
    case 'tls':
      return /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(endpoint.hostname);
    case 'ssh':
      return false;
  }
}
