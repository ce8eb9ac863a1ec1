import { createHash, type Hash } from 'node:crypto';
import { openByteQueue } from '../formats/byte-queue.ts';
import { encodeSparseHeader } from '../formats/tar/sparse-writer.ts';
import { encodeTarHeader, TAR_TRAILER, tarPadding } from '../formats/tar/tar-writer.ts';
import type { Entry, FileEntry } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import { gathered } from '../mutate/layer-tar.ts';

/**
 * A planned layer (`planOverlayLayer`) as a tar stream that any extractor can be given: its names are those of the plan.
 * The layer's own tar is read once, front to back, and checked, unless the caller says that the layer does that itself: throws
 * OciError `digest-mismatch` at the end when it is not what its diffID says, and what the layer throws.
 */
export function overlayTar(
  layer: Layer,
  members: readonly Entry[],
  options: { readonly signal?: AbortSignal | undefined; readonly checked?: boolean } = {},
): AsyncIterable<Uint8Array> {
  return gathered(pieces(layer, members, options));
}

async function* pieces(
  layer: Layer,
  members: readonly Entry[],
  { signal, checked = false }: { readonly signal?: AbortSignal | undefined; readonly checked?: boolean },
): AsyncGenerator<Uint8Array> {
  const contents = openContents(layer, signal, !checked);
  try {
    for (const entry of members) {
      if (entry.kind !== 'file') {
        yield encodeTarHeader(entry);
        continue;
      }
      const { segments } = entry.content ?? {};
      yield segments === undefined ? encodeTarHeader(entry) : encodeSparseHeader(entry, segments);
      const storedBytes = storedBytesOf(entry);
      if (storedBytes > 0) yield* contents.read(entry.content?.offset ?? 0, storedBytes);
      yield tarPadding(storedBytes);
    }
    yield TAR_TRAILER;
    if (!checked) await contents.finish();
  } finally {
    await contents.close();
  }
}

function storedBytesOf({ sizeBytes, content }: FileEntry): number {
  if (content?.segments === undefined) return sizeBytes;
  return content.segments.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
}

/** The layer's tar, of which ever later parts are asked for. */
function openContents(layer: Layer, signal: AbortSignal | undefined, hashes: boolean) {
  const hash = createHash('sha256');
  const tar = layer.tar(signal);
  const bytes = openByteQueue(hashes ? hashed(tar, hash) : tar, `the tar of layer ${layer.diffId}`);
  return {
    async *read(offset: number, lengthBytes: number): AsyncGenerator<Uint8Array> {
      if (offset < bytes.position())
        throw new OciError('hostile', `layer ${layer.diffId} has contents that overlap`);
      await bytes.skipTo(offset, 'content');
      yield* bytes.chunksUntil(offset + lengthBytes);
    },
    async finish(): Promise<void> {
      await bytes.drain();
      const digest = `sha256:${hash.digest('hex')}`;
      if (digest !== layer.diffId)
        throw new OciError('digest-mismatch', `the tar of layer ${layer.diffId} has digest ${digest}`);
    },
    close: () => bytes.close(),
  };
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
