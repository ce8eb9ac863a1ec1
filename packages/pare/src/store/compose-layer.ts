import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Digest, type LayerPiece, layerPieces } from '@pare/oci';
import type { ImageParts } from '../ports/image-store.ts';
import type { UnpackedContents } from './unpacked-contents.ts';

/** What the thread is to write. */
export interface LayerOrder {
  /** A new file. */
  readonly file: string;
  /** Bytes as they are, or a file with the content that comes next. */
  readonly pieces: readonly (Uint8Array | { readonly path: string; readonly sizeBytes: number })[];
}

export type LayerAnswer =
  | { readonly kind: 'written'; readonly digest: Digest }
  /** A file is another than its layer said. */
  | { readonly kind: 'differs' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** A layer that was written. */
export interface ComposedLayer {
  readonly digest: Digest;
  /** The sizes of all its files. */
  readonly contentBytes: number;
}

/**
 * Writes the tar of a layer with these paths of an image to a new file, from its unpacked layers, and hashes it, in a thread of its own.
 * Gives the tar's digest and the sizes of its files; undefined where one is not there as its layer said. Throws what the disk says, and the
 * signal's reason.
 */
export async function composeLayer(
  { tree, paths }: Pick<ImageParts, 'tree' | 'paths'>,
  contents: UnpackedContents,
  file: string,
  signal: AbortSignal | undefined,
): Promise<ComposedLayer | undefined> {
  const place = (piece: LayerPiece) =>
    piece instanceof Uint8Array ? piece : { path: contents.fileOf(piece), sizeBytes: piece.sizeBytes };
  const { pieces } = layerPieces(tree, paths);
  const order: LayerOrder = { file, pieces: pieces.map(place) };
  signal?.throwIfAborted();
  const worker = new Worker(threadProgram(), { workerData: order });
  try {
    const [answer] = (await once(worker, 'message', signal === undefined ? {} : { signal })) as [LayerAnswer];
    switch (answer.kind) {
      case 'written':
        return { digest: answer.digest, contentBytes: contentBytesOf(pieces) };
      case 'differs':
        return undefined;
      case 'failed':
        if (answer.code === 'ENOENT' || answer.code === 'ELOOP') return undefined;
        throw Object.assign(new Error(answer.message), { code: answer.code });
    }
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    await worker.terminate();
  }
}

function contentBytesOf(pieces: readonly LayerPiece[]): number {
  return pieces.reduce((sum, piece) => (piece instanceof Uint8Array ? sum : sum + piece.sizeBytes), 0);
}

/** Beside this file in a checkout; beside the bundle in what ships. */
function threadProgram(): string {
  const here = fileURLToPath(import.meta.url);
  return `${dirname(here)}/layer-thread.${here.endsWith('.ts') ? 'ts' : 'mjs'}`;
}
