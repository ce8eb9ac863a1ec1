import { OciError } from '../model/oci-error.ts';
import { openAuthorizer } from './authorizer.ts';
import { parseChallenge } from './challenge.ts';
import type { CredentialSource } from './credentials.ts';
import { type HttpAnswer, type HttpCall, openHttpTransport } from './http-exchange.ts';
import { errorOf, exchangePersistently } from './persistent-exchange.ts';
import type { ProxyChoice } from './proxy.ts';
import { DEFAULT_HOST } from './registry-reference.ts';
import { type RetryClock, systemClock } from './retry.ts';
import type { TrustSource } from './trust.ts';

export interface RegistryOptions {
  /** Anonymous where it is left out. */
  readonly credentials?: CredentialSource;
  /** Hosts (with port) that may speak plain HTTP or have an unknown certificate; this machine's own may speak plain HTTP. */
  readonly insecureHosts?: readonly string[];
  /** Which certificates are good; Node's own authorities where it is left out. */
  readonly trust?: TrustSource;
  /** Which hosts are reached through a proxy; none where it is left out. */
  readonly proxyOf?: ProxyChoice;
  /** The longest silence of a connection. */
  readonly idleMs?: number;
  readonly clock?: RetryClock;
}

/** A request to a registry. */
export interface RegistryCall extends Pick<HttpCall, 'method' | 'body' | 'signal'> {
  /** Below `/v2/`, with its query; or where the registry itself sent us. */
  readonly path: string | URL;
  /** What a token must allow: `repository:NAME:pull,push`. */
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** For errors: what is done, on which object. */
  readonly doing: string;
  /** Statuses that are no error. */
  readonly accept: readonly number[];
  readonly attempts?: number;
}

/** A session with one registry (OCI distribution spec). Disposing of it closes its connections. */
export interface Registry extends Disposable {
  readonly host: string;
  readonly clock: RetryClock;
  /**
   * Sends a request: authorised, tried again where that may help, redirects followed. Throws OciError `denied`,
   * `not-found` or `registry-failed`, and the signal's reason. The answer's body must be read or discarded.
   */
  send(call: RegistryCall): Promise<HttpAnswer>;
}

const IDLE_MS = 60_000;
const REDIRECT_LIMIT = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

/**
 * Opens a session with a registry by its host. TLS with a known certificate is asked of all but this machine's own and the
 * insecure hosts, which may speak plain HTTP. Nothing is sent before the first request.
 */
export function openRegistry(host: string, options: RegistryOptions = {}): Registry {
  const clock = options.clock ?? systemClock;
  const idleMs = options.idleMs ?? IDLE_MS;
  const isInsecure = (other: string) => options.insecureHosts?.includes(other) ?? false;
  const allowPlain = isInsecure(host) || LOOPBACK.test(host);
  const transport = openHttpTransport({
    verifyTls: (other) => !isInsecure(other),
    trust: options.trust,
    proxyOf: options.proxyOf,
  });
  const credentials = options.credentials ?? (async () => undefined);
  const authorizer = openAuthorizer({ host, transport, clock, credentials, allowPlain, idleMs });
  let base: Promise<URL> | undefined;

  /** Asks which protocol is spoken, and takes the first challenge in. */
  const findBase = async (signal: AbortSignal | undefined): Promise<URL> => {
    const authority = host === DEFAULT_HOST ? 'registry-1.docker.io' : host;
    const doing = `looking for a registry at ${host}`;
    const ping = (protocol: string) =>
      exchangePersistently(transport, clock, () => {
        const url = new URL(`${protocol}://${authority}/v2/`);
        // What breaks here may be plain HTTP: that is tried before the same again.
        const attempts = allowPlain && protocol === 'https' ? 1 : undefined;
        return { method: 'GET', url, headers: {}, doing, idleMs, signal, attempts };
      });
    const answer = await ping('https').catch((error: unknown) => {
      if (allowPlain && speaksNoTls(error)) return ping('http');
      throw error;
    });
    answer.discard();
    if (answer.status !== 200 && answer.status !== 401)
      throw new OciError('registry-failed', `${doing}: it answers ${answer.status}, which no registry does`);
    const challenge = answer.status === 401 ? parseChallenge(answer.headers['www-authenticate']) : undefined;
    if (challenge !== undefined) authorizer.challenged(challenge, []);
    return answer.url;
  };

  const exchange = async (call: RegistryCall, url: URL, base: URL): Promise<HttpAnswer> => {
    // A token is for the registry alone: storage that it redirects to gets none (and would refuse it).
    const own = url.host === base.host && url.protocol === base.protocol;
    const authorization = own ? await authorizer.header(call.scopes, call.signal) : undefined;
    const headers = { ...call.headers, ...(authorization === undefined ? {} : { authorization }) };
    const { method, body, doing, attempts, signal } = call;
    const request = { method, url, headers, body, doing, attempts, idleMs, signal };
    return await exchangePersistently(transport, clock, () => request);
  };

  return {
    host,
    clock,
    async send(call) {
      base ??= findBase(call.signal);
      const from = await base;
      let url = typeof call.path === 'string' ? new URL(call.path, from) : call.path;
      for (let redirects = 0; ; ) {
        const answer = await exchange(call, url, from);
        if (call.accept.includes(answer.status)) return answer;
        const { location, 'www-authenticate': wanted } = answer.headers;
        if (REDIRECTS.has(answer.status) && location !== undefined && redirects < REDIRECT_LIMIT) {
          redirects += 1;
          answer.discard();
          url = safeTarget(location, url, call.doing, allowPlain);
          continue;
        }
        const challenge = answer.status === 401 ? parseChallenge(wanted) : undefined;
        if (challenge === undefined || !authorizer.challenged(challenge, call.scopes))
          throw await errorOf(answer, call.doing);
        answer.discard();
      }
    },
    [Symbol.dispose]: () => transport[Symbol.dispose](),
  };
}

/** A server that speaks plain HTTP answers a TLS hello with a line of text, or hangs up. */
function speaksNoTls(error: unknown): boolean {
  const cause = error instanceof OciError ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return code === 'EPROTO' || code.startsWith('ERR_SSL_') || code === 'ECONNRESET';
}

function safeTarget(location: string, from: URL, doing: string, allowPlain: boolean): URL {
  const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const safe =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && (allowPlain || from.protocol === 'http:'));
  if (url !== undefined && safe) return url;
  throw new OciError(
    'registry-failed',
    `${doing}: ${from.host} redirects to ${JSON.stringify(location.slice(0, 200))}`,
  );
}
