/** What a registry wants with a request (RFC 9110 section 11.6.1). */
export type Challenge =
  | { readonly kind: 'basic' }
  /** Distribution's token protocol ("Token Authentication Specification"). */
  | {
      readonly kind: 'bearer';
      readonly realm: string;
      readonly service: string | undefined;
      readonly scope: string | undefined;
    };

const LENGTH_LIMIT = 8192;

/** The first challenge of a WWW-Authenticate header that we can meet, Bearer before Basic; undefined without one. */
export function parseChallenge(header: string | undefined): Challenge | undefined {
  if (header === undefined || header.length > LENGTH_LIMIT) return undefined;
  let basic: Challenge | undefined;
  for (const { scheme, parameters } of splitChallenges(header)) {
    const realm = parameters.get('realm');
    if (scheme === 'bearer' && realm !== undefined) {
      return { kind: 'bearer', realm, service: parameters.get('service'), scope: parameters.get('scope') };
    }
    if (scheme === 'basic') basic ??= { kind: 'basic' };
  }
  return basic;
}

interface RawChallenge {
  readonly scheme: string;
  readonly parameters: Map<string, string>;
}

/** `name=value` belongs to the scheme before it; a word without `=` begins the next scheme. */
function splitChallenges(header: string): readonly RawChallenge[] {
  const token = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~:/?-]+)))?/g;
  const found: RawChallenge[] = [];
  for (const [, name = '', quoted, plain] of header.matchAll(token)) {
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) found.push({ scheme: name.toLowerCase(), parameters: new Map() });
    else found.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return found;
}
