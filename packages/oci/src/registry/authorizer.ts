import { Buffer } from 'node:buffer';
import { objectOf, parseJson } from '../formats/json-shape.ts';
import { OciError } from '../model/oci-error.ts';
import type { Challenge } from './challenge.ts';
import type { Credential } from './credential.ts';
import type { CredentialSource } from './credentials.ts';
import type { HttpTransport } from './http-exchange.ts';
import { errorOf, exchangePersistently } from './persistent-exchange.ts';
import { readWhole } from './read-whole.ts';
import type { RetryClock } from './retry.ts';

/** A token whose answer names no lifetime counts for this long (token specification: at least 60 s). */
const DEFAULT_LIFETIME_S = 60;
/** Tokens are not used up to their last moment. */
const MARGIN_MS = 10_000;
const TOKEN_LIMIT_BYTES = 1024 * 1024;
const CLIENT_ID = 'pare';

/** Proves to one registry who we are. */
export interface Authorizer {
  /** The Authorization header for these scopes; undefined when nothing is known to be wanted. Fetches a token when it must. */
  header(scopes: readonly string[], signal: AbortSignal | undefined): Promise<string | undefined>;
  /** Takes a challenge in; false when it wants what was tried already. */
  challenged(challenge: Challenge, scopes: readonly string[]): boolean;
}

interface Token {
  readonly value: string;
  readonly expiresMs: number;
}

/**
 * Answers a registry's challenges: Basic, and Bearer by distribution's token protocol, with a password or an identity
 * token, else anonymous. A token server that is asked over plain HTTP is refused unless `allowPlain`. Throws OciError
 * `denied` when it turns us down.
 */
export function openAuthorizer(options: {
  readonly host: string;
  readonly transport: HttpTransport;
  readonly clock: RetryClock;
  readonly credentials: CredentialSource;
  readonly allowPlain: boolean;
  readonly idleMs: number;
}): Authorizer {
  const { host, transport, clock, allowPlain, idleMs } = options;
  let challenge: Challenge | undefined;
  let credential: Promise<Credential | undefined> | undefined;
  const tokens = new Map<string, Promise<Token>>();
  const refused = new Set<string>();

  const whoWeAre = (signal: AbortSignal | undefined): Promise<Credential | undefined> => {
    credential ??= options.credentials(host, signal);
    return credential;
  };

  const fetchToken = async (
    { realm, service }: Extract<Challenge, { kind: 'bearer' }>,
    scopes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Token> => {
    const url = realmUrl(realm, host, allowPlain);
    const who = await whoWeAre(signal);
    const call = tokenCall(url, service, scopes, who);
    const doing = `asking ${url.host} for a token for ${host}`;
    const answer = await exchangePersistently(transport, clock, () => ({ ...call, doing, idleMs, signal }));
    if (answer.status !== 200) throw await errorOf(answer, doing);
    const json = objectOf(
      parseJson(await readWhole(answer.body, TOKEN_LIMIT_BYTES, 'a token'), 'a token'),
      'a token',
    );
    const value = json.token ?? json.access_token;
    // It goes into a header: nothing that could end one may be in it.
    if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value))
      throw new OciError('registry-failed', `${doing}: it answered without one`);
    const lifetimeS = typeof json.expires_in === 'number' ? json.expires_in : DEFAULT_LIFETIME_S;
    return { value, expiresMs: clock.now() + lifetimeS * 1000 - MARGIN_MS };
  };

  const tokenFor = async (
    bearer: Extract<Challenge, { kind: 'bearer' }>,
    scopes: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Token> => {
    const key = scopes.join(' ');
    const before = tokens.get(key);
    if (before !== undefined) {
      const known = await before.catch(() => undefined);
      if (known !== undefined && known.expiresMs > clock.now()) return known;
      // Somebody else may be fetching the next one.
      if (tokens.get(key) !== before) return await tokenFor(bearer, scopes, signal);
    }
    const pending = fetchToken(bearer, scopes, signal);
    tokens.set(key, pending);
    return await pending;
  };

  return {
    async header(scopes, signal) {
      if (challenge === undefined) return undefined;
      if (challenge.kind === 'bearer') return `Bearer ${(await tokenFor(challenge, scopes, signal)).value}`;
      const who = await whoWeAre(signal);
      return who?.kind === 'password' ? basic(who) : undefined;
    },
    challenged(wanted, scopes) {
      const key = scopes.join(' ');
      // A token may have been revoked: one new one is asked for.
      const again = challenge !== undefined && refused.has(key);
      if (challenge !== undefined) refused.add(key);
      challenge = wanted;
      tokens.delete(key);
      return !again;
    },
  };
}

function tokenCall(
  url: URL,
  service: string | undefined,
  scopes: readonly string[],
  who: Credential | undefined,
) {
  if (who?.kind === 'identity-token') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: CLIENT_ID,
      refresh_token: who.token,
    });
    if (service !== undefined) form.set('service', service);
    if (scopes.length > 0) form.set('scope', scopes.join(' '));
    const bytes = Buffer.from(form.toString());
    const body = {
      lengthBytes: bytes.length,
      async *open() {
        yield bytes;
      },
    };
    return {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    } as const;
  }
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  const headers: Record<string, string> = who === undefined ? {} : { authorization: basic(who) };
  return { method: 'GET', url, headers } as const;
}

function basic({ username, password }: Extract<Credential, { kind: 'password' }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function realmUrl(realm: string, host: string, allowPlain: boolean): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url?.protocol === 'https:' || (allowPlain && url?.protocol === 'http:')) return url;
  throw new OciError(
    'denied',
    `${host} sends us to ${JSON.stringify(realm.slice(0, 200))} for a token: that is not safe`,
  );
}
