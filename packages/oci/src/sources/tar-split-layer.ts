import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { closeSync, fstatSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { sniffCompression } from '../formats/compression.ts';
import { contentPath, indexTarSplit, tarSplitPieces } from '../formats/tar/tar-split.ts';
import type { Digest } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { type LayerIndex, layerIndex } from '../model/layer-index.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath, ImagePath } from '../model/path.ts';
import { type ContainedDirectory, containedDirectory } from './contained-directory.ts';
import { readRegion } from './file-region.ts';
import { namingLayer } from './tar-layer.ts';

/** A record holds about 1.5 kB for each member; this is room for more than a million. */
const RECORD_LIMIT_BYTES = 2 * 1024 ** 3 - 1;
/** Small pieces of a rebuilt tar are given out together, in chunks of about this size. */
const CHUNK_BYTES = 256 * 1024;

/** Where an engine keeps a layer that it has unpacked. */
export interface TarSplitLayerFiles {
  readonly diffId: Digest;
  /** `tar-split.json.gz` of Docker's layer store, `ID.tar-split.gz` of containers-storage. */
  readonly tarSplit: HostPath;
  /** The unpacked layer: overlay2's `diff`. */
  readonly directory: HostPath;
}

/**
 * A layer that an engine of this machine has unpacked, read in place: metadata from the tar's original headers in the
 * tar-split record, contents from the directory, which is never walked. `tar` gives the original bytes and throws
 * OciError `digest-mismatch` at its end where the directory was changed, or the tar was sparse (tar-split does not keep
 * sparse maps; the engine cannot save such an image either).
 */
export function openTarSplitLayer({ diffId, tarSplit, directory }: TarSplitLayerFiles): Layer {
  const contents = containedDirectory(directory);
  // Kept while the layer is: whoever reads one file of it and then all of them parses once.
  let index: LayerIndex | undefined;
  const readIndex = async (signal?: AbortSignal): Promise<LayerIndex> => {
    if (index !== undefined) return index;
    const record = await readRecord(tarSplit);
    signal?.throwIfAborted();
    index = layerIndex(await namingLayer(diffId, indexTarSplit(record)));
    return index;
  };
  return {
    diffId,
    readIndex,
    async *entries(signal) {
      yield* (await readIndex(signal)).entries();
    },
    open: (file, range) => readContent(contents, file.path, file.sizeBytes, range),
    tar: (signal) => rebuildTar({ diffId, tarSplit, contents, signal }),
    async tarBytes() {
      let total = 0;
      for (const piece of tarSplitPieces(await readRecord(tarSplit))) {
        total += piece.kind === 'raw' ? piece.bytes.length : piece.sizeBytes;
      }
      return total;
    },
  };
}

async function readRecord(path: HostPath): Promise<Buffer> {
  const packed = await readFile(path).catch((cause: unknown) => {
    throw new OciError('not-found', `cannot read ${path}`, { cause });
  });
  const compression = sniffCompression(packed);
  if (compression === 'none') return packed;
  if (compression === 'zstd') throw new OciError('unsupported', `${path} is compressed with zstd`);
  try {
    // On a thread of its own, beside whatever else goes on.
    const options = { maxOutputLength: RECORD_LIMIT_BYTES, chunkSize: unpackedSize(packed) };
    return await promisify(gunzip)(packed, options);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE')
      throw new OciError('too-large', `${path} unfolds to more than 2 GiB`, { cause });
    throw new OciError(
      code === 'Z_BUF_ERROR' ? 'truncated' : 'corrupt',
      `${path} is not validly compressed`,
      { cause },
    );
  }
}

/**
 * What gzip's trailer says (RFC 1952, ISIZE), as a hint for one buffer that holds all of it; deflate packs at most 1032
 * to one, so a lie costs little.
 */
function unpackedSize(packed: Buffer): number {
  const told = packed.length < 4 ? 0 : packed.readUInt32LE(packed.length - 4);
  return Math.max(Math.min(told, packed.length * 1032, RECORD_LIMIT_BYTES) + 1024, 64 * 1024);
}

/** Streams a file of an unpacked layer; throws OciError `corrupt` where it has another size than its layer says. */
export async function* readContent(
  contents: ContainedDirectory,
  path: ImagePath,
  sizeBytes: number,
  range: { readonly start: number; readonly lengthBytes: number } = { start: 0, lengthBytes: sizeBytes },
): AsyncGenerator<Uint8Array> {
  const descriptor = contents.openFile(path);
  try {
    if (fstatSync(descriptor).size !== sizeBytes) {
      throw new OciError(
        'corrupt',
        `${path} has another size than its layer says: the engine's directory was changed`,
      );
    }
    yield* readRegion({ descriptor, start: 0, lengthBytes: sizeBytes }, range);
  } finally {
    closeSync(descriptor);
  }
}

async function* rebuildTar(layer: {
  readonly diffId: Digest;
  readonly tarSplit: HostPath;
  readonly contents: ContainedDirectory;
  readonly signal: AbortSignal | undefined;
}): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  for await (const chunk of gathered(rawTar(layer))) {
    layer.signal?.throwIfAborted();
    hash.update(chunk);
    yield chunk;
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== layer.diffId) {
    throw new OciError(
      'digest-mismatch',
      `layer ${layer.diffId} cannot be rebuilt from the engine's directory: it gives ${digest}`,
    );
  }
}

async function* rawTar(layer: {
  readonly tarSplit: HostPath;
  readonly contents: ContainedDirectory;
}): AsyncGenerator<Uint8Array> {
  for (const piece of tarSplitPieces(await readRecord(layer.tarSplit))) {
    if (piece.kind === 'raw') yield piece.bytes;
    else yield* readContent(layer.contents, contentPath(piece), piece.sizeBytes);
  }
}

/** Joins small chunks. */
async function* gathered(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let lengthBytes = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    lengthBytes += chunk.length;
    if (lengthBytes < CHUNK_BYTES) continue;
    yield Buffer.concat(parts);
    parts = [];
    lengthBytes = 0;
  }
  if (lengthBytes > 0) yield Buffer.concat(parts);
}
