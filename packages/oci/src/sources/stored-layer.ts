import { createHash } from 'node:crypto';
import type { Digest } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import { type HeldRegion, openFileRegion, type RegionSource, readRegion } from './file-region.ts';
import { openLayerBlob, tarLayer } from './tar-layer.ts';

/** Where a layer is kept as a blob of its own. */
export interface StoredLayerFile {
  readonly diffId: Digest;
  /** Digest, length and media type of the blob: plain, gzip or zstd. */
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly file: HostPath;
  /** Where a compressed blob is unpacked to, nameless, when it is first read. */
  readonly spoolDirectory: HostPath;
  /** Digests of plain blobs that the caller's process knows to be right; what is checked is added. */
  readonly checked?: Set<Digest>;
}

/**
 * A layer out of a blob on disk. Its bytes are checked before the first of them is given out: a compressed blob by what it
 * unpacks to, a plain one by its digest. Reading throws OciError `not-found` or `digest-mismatch`; dispose of the layer to free
 * what was unpacked.
 */
export function openStoredLayer(place: StoredLayerFile): { readonly layer: Layer } & AsyncDisposable {
  const { diffId, digest, sizeBytes, mediaType, file } = place;
  const source = digest === diffId ? checkedOnce(place) : () => openFileRegion(file);
  const opened = openLayerBlob(source, place);
  return {
    layer: {
      ...tarLayer(diffId, opened.source),
      blob: (signal) => {
        signal?.throwIfAborted();
        return Promise.resolve({
          mediaType,
          digest,
          sizeBytes,
          read: (reading) => readChecked(file, digest, reading),
        });
      },
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

function checkedOnce({ file, digest, checked }: StoredLayerFile): RegionSource {
  let checking: Promise<void> | undefined;
  const check = async (): Promise<void> => {
    if (checked?.has(digest)) return;
    for await (const _chunk of readChecked(file, digest));
    checked?.add(digest);
  };
  return async (): Promise<HeldRegion> => {
    checking ??= check();
    await checking;
    return openFileRegion(file);
  };
}

/** Streams a blob; throws OciError `digest-mismatch` at its end where it is not what its digest says. */
async function* readChecked(
  file: HostPath,
  digest: Digest,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await using held = await openFileRegion(file);
  const hash = createHash('sha256');
  for await (const chunk of readRegion(held.region, undefined, signal)) {
    hash.update(chunk);
    yield chunk;
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== digest)
    throw new OciError('digest-mismatch', `the blob ${file} is not ${digest}: it has ${found}`);
}
