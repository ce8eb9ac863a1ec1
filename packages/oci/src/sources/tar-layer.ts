import { createHash } from 'node:crypto';
import { decompress, SNIFF_BYTES, sniffCompression } from '../formats/compression.ts';
import { type FileRegion, indexTar } from '../formats/tar/tar-index.ts';
import { fillHoles } from '../formats/tar/tar-reader.ts';
import type { Digest, FileEntry, LayerEntry, SparseSegment } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { type LayerIndex, layerIndex } from '../model/layer-index.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath, ImagePath } from '../model/path.ts';
import {
  borrowedRegion,
  openFileRegion,
  type RegionSource,
  readRegion,
  readRegionWhole,
  regionOfDescriptor,
} from './file-region.ts';
import { spoolStream } from './spool.ts';

/** A layer whose uncompressed tar is in a file of the host. */
export function openTarLayer(options: { readonly diffId: Digest; readonly file: HostPath }): Layer {
  return tarLayer(options.diffId, () => openFileRegion(options.file));
}

/** A layer whose uncompressed tar is a region of a file. Errors name the layer. */
export function tarLayer(diffId: Digest, source: RegionSource): Layer {
  const readIndex = async (signal?: AbortSignal): Promise<LayerIndex> => {
    await using held = await source();
    return layerIndex(await namingLayer(diffId, indexTar(held.region, { signal })));
  };
  return {
    diffId,
    readIndex,
    async *entries(signal) {
      yield* (await readIndex(signal)).entries();
    },
    async *open(file, range = { start: 0, lengthBytes: file.sizeBytes }) {
      const located =
        file.content === undefined ? findFile((await readIndex()).entries(), file, diffId) : file;
      await using held = await source();
      yield* readContent(held.region, located, range);
    },
    async *tar(signal) {
      await using held = await source();
      yield* readRegion(held.region, undefined, signal);
    },
    async tarBytes() {
      await using held = await source();
      return held.region.lengthBytes;
    },
  };
}

/**
 * The source of a layer blob that may be compressed: a plain one is used in place, a compressed one is unpacked once
 * into a nameless file of `spoolDirectory`. Throws OciError `digest-mismatch` when that is not the layer of `diffId`.
 */
export function openLayerBlob(
  blob: RegionSource,
  options: { readonly diffId: Digest; readonly spoolDirectory: HostPath },
): { readonly source: RegionSource } & AsyncDisposable {
  let spooled: ReturnType<typeof unpackBlob> | undefined;
  return {
    async source() {
      spooled ??= unpackBlob(blob, options.diffId, options.spoolDirectory);
      const handle = await spooled;
      return handle === undefined ? await blob() : borrowedRegion(regionOfDescriptor(handle.fd));
    },
    async [Symbol.asyncDispose]() {
      const handle = await spooled?.catch(() => undefined);
      await handle?.close();
    },
  };
}

async function unpackBlob(blob: RegionSource, diffId: Digest, spoolDirectory: HostPath) {
  await using held = await blob();
  const head = readRegionWhole(
    { ...held.region, lengthBytes: Math.min(SNIFF_BYTES, held.region.lengthBytes) },
    SNIFF_BYTES,
    diffId,
  );
  const compression = sniffCompression(head);
  if (compression === 'none') return undefined;
  const hash = createHash('sha256');
  const bytes = decompress(readRegion(held.region), compression, `layer ${diffId}`);
  const handle = await spoolStream(bytes, spoolDirectory, (chunk) => hash.update(chunk));
  if (`sha256:${hash.digest('hex')}` === diffId) return handle;
  await handle.close();
  throw new OciError('digest-mismatch', `a compressed layer does not unpack to ${diffId}`);
}

/** Streams a part of a file's logical content out of its tar. */
async function* readContent(
  region: FileRegion,
  file: FileEntry,
  range: { readonly start: number; readonly lengthBytes: number },
): AsyncGenerator<Uint8Array> {
  const { offset = 0, segments } = file.content ?? {};
  const start = Math.min(range.start, file.sizeBytes);
  const lengthBytes = Math.min(range.lengthBytes, file.sizeBytes - start);
  if (segments === undefined) {
    yield* readRegion(region, { start: offset + start, lengthBytes });
    return;
  }
  const cut = cutSegments(segments, start, lengthBytes);
  const stored = readRegion(region, { start: offset + cut.storedStart, lengthBytes: cut.storedBytes });
  yield* fillHoles(stored, cut.segments, lengthBytes);
}

/** The part of a sparse map that a range of the logical content touches, counted from the range's start. */
function cutSegments(segments: readonly SparseSegment[], start: number, lengthBytes: number) {
  const cut: SparseSegment[] = [];
  let storedStart = 0;
  let storedBytes = 0;
  for (const segment of segments) {
    const from = Math.max(segment.start, start);
    const to = Math.min(segment.start + segment.lengthBytes, start + lengthBytes);
    if (segment.start + segment.lengthBytes <= start) storedStart += segment.lengthBytes;
    else if (from < to) {
      if (cut.length === 0) storedStart += from - segment.start;
      cut.push({ start: from - start, lengthBytes: to - from });
      storedBytes += to - from;
    }
  }
  return { segments: cut, storedStart, storedBytes };
}

/** Finds a file by path for an entry that this layer did not give; the last of that name counts. */
function findFile(index: readonly LayerEntry[], file: FileEntry, diffId: Digest): FileEntry {
  const named = (path: ImagePath) =>
    index.findLast((entry) => entry.path === path && entry.kind !== 'whiteout' && entry.kind !== 'opaque');
  const found = named(file.path);
  const target = found?.kind === 'hardlink' ? named(found.target) : found;
  if (target?.kind === 'file') return target;
  throw new OciError('not-found', `layer ${diffId} has no file ${file.path}`);
}

/** Puts the layer's name in front of an error's message. */
export async function namingLayer<T>(diffId: Digest, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof OciError)) throw error;
    throw new OciError(error.code, `layer ${diffId}: ${error.message}`, { cause: error });
  }
}
