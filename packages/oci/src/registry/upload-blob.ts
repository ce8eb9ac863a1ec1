import type { Digest } from '../model/entry.ts';
import { OciError } from '../model/oci-error.ts';
import type { BlobPlace } from './download-blob.ts';
import type { HttpAnswer } from './http-exchange.ts';
import { backOffMs } from './retry.ts';

/** A blob that is sent from any place, as often as needed. */
export interface UploadSource {
  readonly digest: Digest;
  readonly sizeBytes: number;
  open(start: number, lengthBytes: number): AsyncIterable<Uint8Array>;
}

/** Up to this length a blob is sent in one request; a longer one in pieces, of which one is sent again at most. */
const PIECE_BYTES = 64 * 1024 * 1024;
const UPLOAD_ATTEMPTS = 5;

export interface UploadOptions {
  /** Up to this length a blob is sent in one request; 64 MiB by default. */
  readonly pieceBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/**
 * Brings a blob into a repository (OCI distribution spec, "Pushing blobs"): nothing is sent where it is there
 * already. Throws OciError `denied`, `registry-failed` or `digest-mismatch`.
 */
export async function uploadBlob(
  place: BlobPlace,
  blob: UploadSource,
  options: UploadOptions = {},
): Promise<void> {
  if (await hasBlob(place, blob.digest, options.signal)) return;
  const { clock } = place.registry;
  for (let attempt = 1; ; attempt++) {
    try {
      await sendBlob(place, blob, options);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      // A session of an upload that broke off may be lost: then it is begun anew.
      const again =
        error instanceof OciError && (error.code === 'registry-failed' || error.code === 'not-found');
      if (!again || attempt >= UPLOAD_ATTEMPTS) throw error;
      await clock.pause(backOffMs(attempt, clock), options.signal);
      if (await hasBlob(place, blob.digest, options.signal)) return;
    }
  }
}

/** Whether a repository has a blob, or takes it over from another of the same registry (distribution spec, "Mounting a blob"). */
export async function mountOrFindBlob(
  place: BlobPlace,
  digest: Digest,
  from: string | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (await hasBlob(place, digest, signal)) return true;
  return from !== undefined && from !== place.repository && (await mountBlob(place, digest, from, signal));
}

function pushScope(repository: string): string {
  return `repository:${repository}:pull,push`;
}

async function hasBlob(
  { registry, repository }: BlobPlace,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const answer = await registry.send({
    method: 'HEAD',
    path: `/v2/${repository}/blobs/${digest}`,
    scopes: [pushScope(repository)],
    accept: [200, 404],
    doing: `looking for blob ${digest} in ${registry.host}/${repository}`,
    signal,
  });
  answer.discard();
  return answer.status === 200;
}

/** Whether the registry took the blob over from another repository; a session that it began instead is left to end. */
async function mountBlob(
  { registry, repository }: BlobPlace,
  digest: Digest,
  from: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const answer = await registry.send({
    method: 'POST',
    path: `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${encodeURIComponent(from)}`,
    scopes: [pushScope(repository), `repository:${from}:pull`],
    accept: [201, 202, 404, 405],
    doing: `mounting blob ${digest} of ${from} in ${registry.host}/${repository}`,
    signal,
  });
  answer.discard();
  return answer.status === 201;
}

async function sendBlob(place: BlobPlace, blob: UploadSource, options: UploadOptions): Promise<void> {
  const { registry, repository } = place;
  const call = {
    scopes: [pushScope(repository)],
    doing: `sending blob ${blob.digest} to ${registry.host}/${repository}`,
    signal: options.signal,
  };
  const begun = await registry.send({
    ...call,
    method: 'POST',
    path: `/v2/${repository}/blobs/uploads/`,
    accept: [202],
  });
  begun.discard();
  let location = nextLocation(begun, call.doing);
  let sent = 0;
  const pieceBytes = Math.max(
    options.pieceBytes ?? PIECE_BYTES,
    Number(begun.headers['oci-chunk-min-length']) || 0,
  );
  while (blob.sizeBytes > pieceBytes && sent < blob.sizeBytes) {
    const lengthBytes = Math.min(pieceBytes, blob.sizeBytes - sent);
    const piece = await sendPiece(place, blob, { location, start: sent, lengthBytes }, options);
    ({ location, sent } = piece);
  }
  const rest = blob.sizeBytes - sent;
  location.searchParams.set('digest', blob.digest);
  const ended = await registry.send({
    ...call,
    method: 'PUT',
    path: location,
    headers: { 'content-type': 'application/octet-stream' },
    body: { lengthBytes: rest, open: () => counted(blob.open(sent, rest), options.onBytes) },
    accept: [201, 204],
    // The session may have taken a part of it: the same again would be too much.
    attempts: 1,
  });
  ended.discard();
  const told = ended.headers['docker-content-digest'];
  if (typeof told === 'string' && told.startsWith('sha256:') && told !== blob.digest)
    throw new OciError('digest-mismatch', `${call.doing}: it was stored as ${told}`);
}

interface Piece {
  readonly location: URL;
  readonly start: number;
  readonly lengthBytes: number;
}

/** Sends one piece; where that breaks off the session is asked how much it has. */
async function sendPiece(
  { registry, repository }: BlobPlace,
  blob: UploadSource,
  { location, start, lengthBytes }: Piece,
  options: UploadOptions,
): Promise<{ readonly location: URL; readonly sent: number }> {
  const scopes = [pushScope(repository)];
  const doing = `sending blob ${blob.digest} to ${registry.host}/${repository}`;
  const { signal } = options;
  try {
    const answer = await registry.send({
      method: 'PATCH',
      path: location,
      scopes,
      headers: {
        'content-type': 'application/octet-stream',
        'content-range': `${start}-${start + lengthBytes - 1}`,
      },
      body: { lengthBytes, open: () => counted(blob.open(start, lengthBytes), options.onBytes) },
      accept: [202, 204],
      doing,
      signal,
      attempts: 1,
    });
    answer.discard();
    return { location: nextLocation(answer, doing), sent: start + lengthBytes };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof OciError && error.code === 'registry-failed')) throw error;
    const { clock } = registry;
    await clock.pause(backOffMs(1, clock), signal);
    const status = await registry.send({
      method: 'GET',
      path: location,
      scopes,
      accept: [204],
      doing,
      signal,
    });
    status.discard();
    const [, last] = /^(?:bytes=)?0-(\d+)$/.exec(String(status.headers.range ?? '')) ?? [];
    const sent = last === undefined ? 0 : Number(last) + 1;
    // Without progress the whole upload is begun anew by the caller, a bounded number of times.
    if (sent <= start || sent > blob.sizeBytes) throw error;
    return { location: nextLocation(status, doing), sent };
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes?.(chunk.length);
    yield chunk;
  }
}

/** Where a session goes on: each answer names it anew, and it may be relative. Sessions stay on their registry. */
function nextLocation({ headers, url }: HttpAnswer, doing: string): URL {
  const { location } = headers;
  const next =
    location !== undefined && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
  if (next !== undefined && (next.protocol === 'https:' || next.protocol === url.protocol)) return next;
  throw new OciError('registry-failed', `${doing}: ${url.host} does not say where to send it`);
}
