import { BlockList, isIP } from 'node:net';
import { OciError } from '../model/oci-error.ts';
import type { Environment } from './environment.ts';

/** The proxy through which a URL is reached; undefined: it is reached directly. */
export type ProxyChoice = (url: URL) => URL | undefined;

/**
 * Proxies as the environment names them, by the rules of Go's `httpproxy`, which docker, podman and skopeo keep: `HTTPS_PROXY` and
 * `HTTP_PROXY` by the URL's scheme, capitals first; `NO_PROXY` lists `*`, names (their subdomains too), `.name` (subdomains
 * alone), addresses and CIDR blocks, each with a port or without; this machine itself is never reached through one. The choice throws
 * OciError `unsupported` for a proxy that is neither `http://` nor `https://`.
 */
export function proxyOfEnvironment(environment: Environment): ProxyChoice {
  const read = (name: string) => environment[name] || environment[name.toLowerCase()] || undefined;
  const exceptions = (read('NO_PROXY') ?? '')
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '')
    .map(parseException);
  return (url) => {
    const proxy = read(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
    if (proxy === undefined) return undefined;
    const target = targetOf(url);
    if (isThisMachine(target) || exceptions.some((covers) => covers(target))) return undefined;
    return parseProxy(proxy);
  };
}

interface Target {
  /** In lower case, IPv6 without brackets. */
  readonly host: string;
  readonly port: string;
}

function targetOf({ hostname, port, protocol }: URL): Target {
  return {
    host: hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (protocol === 'https:' ? '443' : '80') : port,
  };
}

function isThisMachine({ host }: Target): boolean {
  if (host === 'localhost') return true;
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8);
  loopback.addAddress('::1', 'ipv6');
  return isIn(loopback, host);
}

function isIn(list: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

type Exception = (target: Target) => boolean;

/** A word that is none of what is known covers nothing, as in Go. */
function parseException(word: string): Exception {
  if (word === '*') return () => true;
  const block = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(word);
  if (block?.[1] !== undefined) return inBlock(block[1], Number(block[2]));
  const [, bracketed, plain, wanted] = /^(?:\[([^\]]*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(word) ?? [];
  const name = bracketed ?? plain ?? '';
  const onPort = ({ port }: Target) => wanted === undefined || wanted === port;
  if (isIP(name) !== 0)
    return (target) => onPort(target) && inBlock(name, isIP(name) === 6 ? 128 : 32)(target);
  const domain = name.replace(/^\*?\./, '');
  const alone = domain === name;
  return (target) =>
    onPort(target) &&
    domain !== '' &&
    ((alone && target.host === domain) || target.host.endsWith(`.${domain}`));
}

function inBlock(address: string, prefix: number): Exception {
  const version = isIP(address);
  if (version === 0 || prefix > (version === 6 ? 128 : 32)) return () => false;
  const list = new BlockList();
  list.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
  return ({ host }) => isIn(list, host);
}

function parseProxy(text: string): URL {
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  // What stands before the @ is a password.
  const shown = JSON.stringify(text.replace(/^.*@/, '').slice(0, 200));
  throw new OciError('unsupported', `the proxy ${shown} of the environment is neither http:// nor https://`);
}
