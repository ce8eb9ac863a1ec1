import { digestOf } from '../formats/digest.ts';
import { type JsonObject, objectOf, parseJson } from '../formats/json-shape.ts';
import type { Digest } from '../model/entry.ts';
import { OciError } from '../model/oci-error.ts';
import { INDEX_TYPES, MANIFEST_TYPES } from './media-types.ts';
import { readWhole } from './read-whole.ts';
import type { Registry } from './registry.ts';
import { type RegistryReference, renderRegistryReference } from './registry-reference.ts';

/** Registries take manifests up to 4 MiB (distribution spec, "Pushing Manifests"). */
const MANIFEST_LIMIT_BYTES = 4 * 1024 * 1024;

export interface FetchedManifest {
  readonly kind: 'manifest' | 'index';
  readonly digest: Digest;
  readonly json: JsonObject;
  readonly bytes: Uint8Array;
}

/**
 * Fetches the manifest or index of a reference and checks its digest: against the reference's where it has one, else against
 * what the registry says. Throws OciError `not-found`, `denied`, `digest-mismatch`, `unsupported`, `corrupt`.
 */
export async function fetchManifest(
  registry: Registry,
  reference: RegistryReference,
  signal: AbortSignal | undefined,
): Promise<FetchedManifest> {
  const { repository, tag, digest: wanted } = reference;
  const what = renderRegistryReference(reference);
  const answer = await registry.send({
    method: 'GET',
    path: `/v2/${repository}/manifests/${wanted ?? tag ?? 'latest'}`,
    scopes: [`repository:${repository}:pull`],
    headers: { accept: [...MANIFEST_TYPES, ...INDEX_TYPES].join(', ') },
    accept: [200],
    doing: `fetching the manifest of ${what}`,
    signal,
  });
  const bytes = await readWhole(answer.body, MANIFEST_LIMIT_BYTES, `the manifest of ${what}`);
  const digest = digestOf(bytes);
  const told = answer.headers['docker-content-digest'];
  const expected = wanted ?? (typeof told === 'string' && told.startsWith('sha256:') ? told : digest);
  if (digest !== expected)
    throw new OciError('digest-mismatch', `the manifest of ${what} is ${digest}, not ${expected}`);
  const json = objectOf(parseJson(bytes, `the manifest of ${what}`), `the manifest of ${what}`);
  return { kind: kindOf(json, answer.headers['content-type'], what), digest, json, bytes };
}

/** The document's own word counts; Docker's old media type header is all that some documents have. */
function kindOf(json: JsonObject, contentType: string | undefined, what: string): FetchedManifest['kind'] {
  const type =
    typeof json.mediaType === 'string' ? json.mediaType : (contentType ?? '').replace(/;.*$/, '').trim();
  if (json.schemaVersion === 1)
    throw new OciError(
      'unsupported',
      `${what} has a manifest of schema 1, which no current tool writes: push it anew`,
    );
  if (INDEX_TYPES.includes(type)) return 'index';
  if (MANIFEST_TYPES.includes(type)) return 'manifest';
  if (type === '' || type === 'application/json' || type === 'text/plain')
    return Array.isArray(json.manifests) ? 'index' : 'manifest';
  throw new OciError(
    'not-an-image',
    `${what} is no image: its manifest is ${JSON.stringify(type.slice(0, 200))}`,
  );
}
