import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import { openSpoolFile, writeFully } from '../sources/spool.ts';
import type { Descriptor } from './descriptor.ts';
import type { HttpAnswer } from './http-exchange.ts';
import type { Registry } from './registry.ts';
import { backOffMs, isTransientError } from './retry.ts';

/** Where a transfer broke this often without a byte of progress it is given up. */
const BARREN_LIMIT = 5;
/** And this often altogether: a server that sends a byte at a time is not followed for ever. */
const BREAK_LIMIT = 50;
/** Bytes that are not the blob's may be a proxy's: they are asked for once more. */
const WHOLE_ATTEMPTS = 2;

export interface BlobPlace {
  readonly registry: Registry;
  readonly repository: string;
}

/**
 * Fetches a blob into a nameless file of the directory; the caller closes it. A transfer that breaks goes on where it broke,
 * and what came is the blob by its digest and length, or it is an error: OciError `digest-mismatch`, `registry-failed`,
 * `not-found` or `denied`.
 */
export async function downloadBlob(
  place: BlobPlace,
  descriptor: Descriptor,
  directory: HostPath,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onBytes?: ((bytes: number) => void) | undefined;
  } = {},
): Promise<FileHandle> {
  const handle = await openSpoolFile(directory);
  try {
    for (let attempt = 1; ; attempt++) {
      const digest = await fetchWhole(place, descriptor, handle, options);
      if (digest === descriptor.digest) return handle;
      if (attempt < WHOLE_ATTEMPTS) continue;
      throw new OciError(
        'digest-mismatch',
        `${place.registry.host} sends something else than blob ${descriptor.digest} of ${place.repository}: it has ${digest}`,
      );
    }
  } catch (error) {
    await handle.close();
    throw error;
  }
}

interface Transfer {
  offset: number;
  /** The most that ever was there: coming there again is no progress. */
  furthest: number;
  hash: Hash;
}

/** Fills the file from its beginning and gives the digest of what came. */
async function fetchWhole(
  place: BlobPlace,
  descriptor: Descriptor,
  handle: FileHandle,
  options: NonNullable<Parameters<typeof downloadBlob>[3]>,
): Promise<string> {
  const transfer: Transfer = { offset: 0, furthest: 0, hash: createHash('sha256') };
  const { clock } = place.registry;
  let breaks = 0;
  let barren = 0;
  for (;;) {
    const { furthest } = transfer;
    try {
      await fetchRest(place, descriptor, handle, transfer, options);
      return `sha256:${transfer.hash.digest('hex')}`;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!isTransientError(error)) throw error;
      breaks += 1;
      barren = transfer.furthest > furthest ? 0 : barren + 1;
      if (breaks > BREAK_LIMIT || barren > BARREN_LIMIT) {
        const got = `${transfer.offset} of its ${descriptor.size} bytes came in ${breaks} attempts`;
        throw new OciError('registry-failed', `${describe(place, descriptor)}: ${got}`, { cause: error });
      }
      await clock.pause(backOffMs(barren + 1, clock), options.signal);
    }
  }
}

/** Asks for what is missing and appends it. Throws Node's error when the connection breaks. */
async function fetchRest(
  { registry, repository }: BlobPlace,
  descriptor: Descriptor,
  handle: FileHandle,
  transfer: Transfer,
  { signal, onBytes }: NonNullable<Parameters<typeof downloadBlob>[3]>,
): Promise<void> {
  if (transfer.offset >= descriptor.size && descriptor.size > 0) return;
  const doing = describe({ registry, repository }, descriptor);
  const answer = await registry.send({
    method: 'GET',
    path: `/v2/${repository}/blobs/${descriptor.digest}`,
    scopes: [`repository:${repository}:pull`],
    headers: transfer.offset === 0 ? {} : { range: `bytes=${transfer.offset}-` },
    accept: [200, 206, 416],
    doing,
    signal,
  });
  if (answer.status === 416) {
    answer.discard();
    throw new OciError(
      'truncated',
      `${doing}: it has no more than ${transfer.offset} of its ${descriptor.size} bytes there`,
    );
  }
  // A server may not know ranges, or mean another part: then it begins anew.
  if (startOf(answer) !== transfer.offset) restart(transfer);
  if (answer.status === 206 && transfer.offset === 0 && startOf(answer) !== 0) {
    answer.discard();
    throw brokenOff('another part was sent than was asked for');
  }
  for await (const chunk of answer.body) {
    if (transfer.offset + chunk.length > descriptor.size)
      throw new OciError(
        'digest-mismatch',
        `${doing}: it is longer than the ${descriptor.size} bytes of its manifest`,
      );
    await writeFully(handle, chunk, transfer.offset);
    transfer.hash.update(chunk);
    transfer.offset += chunk.length;
    transfer.furthest = Math.max(transfer.furthest, transfer.offset);
    onBytes?.(chunk.length);
  }
  // A connection may end as if all was sent.
  if (transfer.offset < descriptor.size) throw brokenOff('the blob ended early');
}

/** Counts as a connection that broke: what is missing is asked for again. */
function brokenOff(message: string): Error {
  return Object.assign(new Error(message), { code: 'ECONNRESET' });
}

function restart(transfer: Transfer): void {
  transfer.offset = 0;
  transfer.hash = createHash('sha256');
}

/** Where the bytes of a partial answer begin (RFC 9110 section 14.4). */
function startOf({ status, headers }: HttpAnswer): number | undefined {
  if (status !== 206) return undefined;
  const [, start] = /^bytes (\d+)-/.exec(headers['content-range'] ?? '') ?? [];
  return start === undefined ? undefined : Number(start);
}

function describe({ registry, repository }: BlobPlace, { digest }: Descriptor): string {
  return `fetching blob ${digest} of ${registry.host}/${repository}`;
}
