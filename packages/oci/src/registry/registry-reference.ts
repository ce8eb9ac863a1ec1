import { parseDigest } from '../formats/digest.ts';
import type { Digest } from '../model/entry.ts';
import { OciError } from '../model/oci-error.ts';

/** An image in a registry: `host[:port]/repository[:tag][@digest]`. */
export interface RegistryReference {
  /** Host and port as written, `docker.io` where the name has none. */
  readonly host: string;
  readonly repository: string;
  /** `latest` where neither tag nor digest is given; with a digest the tag says nothing. */
  readonly tag: string | undefined;
  readonly digest: Digest | undefined;
}

/** The host that a name without one means, as docker has it. */
export const DEFAULT_HOST = 'docker.io';
const OFFICIAL_PREFIX = 'library/';

/** The grammar of distribution/reference: lower-case components with single separators inside. */
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/;
const TAG = /^\w[\w.-]{0,127}$/;
const HOST =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const REPOSITORY_LIMIT = 255;

/** Whether the first part of a name is a host, by docker's rule: it has a dot or a port, or is `localhost`. */
export function hasRegistryHost(name: string): boolean {
  const slash = name.indexOf('/');
  if (slash <= 0) return false;
  const first = name.slice(0, slash);
  return first === 'localhost' || /[.:]/.test(first);
}

/** Parses an image's name in a registry. Throws OciError `hostile` for what no registry could have. */
export function parseRegistryReference(text: string): RegistryReference {
  const [named = '', digestText, ...more] = text.split('@');
  if (more.length > 0) throw malformed(text);
  const [name, tag] = splitTag(named);
  const own = hasRegistryHost(name);
  const slash = name.indexOf('/');
  const host = own ? name.slice(0, slash) : DEFAULT_HOST;
  const path = own ? name.slice(slash + 1) : name;
  const repository = host === DEFAULT_HOST && !path.includes('/') ? OFFICIAL_PREFIX + path : path;
  const valid =
    HOST.test(host) &&
    repository.length <= REPOSITORY_LIMIT &&
    path.split('/').every((component) => COMPONENT.test(component)) &&
    (tag === undefined || TAG.test(tag));
  if (!valid) throw malformed(text);
  const digest = digestText === undefined ? undefined : parseDigest(digestText, `the digest of ${text}`);
  return { host, repository, tag: tag ?? (digest === undefined ? 'latest' : undefined), digest };
}

/** The reference as it is written. */
export function renderRegistryReference({ host, repository, tag, digest }: RegistryReference): string {
  const suffix = `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
  return `${host}/${repository}${suffix}`;
}

/** A colon after the last slash begins a tag; one before it is the host's port. */
function splitTag(name: string): readonly [string, string | undefined] {
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? [name.slice(0, colon), name.slice(colon + 1)] : [name, undefined];
}

function malformed(text: string): OciError {
  return new OciError('hostile', `${JSON.stringify(text.slice(0, 300))} is no image name of a registry`);
}
