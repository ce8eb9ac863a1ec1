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

/**
 * Writes the tar of a layer with these paths of an image to a new file, from its unpacked layers, and hashes it, in a thread of its own.
 * Gives the tar's digest; undefined where a file is not there as its layer said. Throws what the disk says, and the
 * signal's reason.
 */
export async function composeLayer(
  { tree, paths }: Pick<ImageParts, 'tree' | 'paths'>,
  contents: UnpackedContents,
  file: string,
  signal: AbortSignal | undefined,
): Promise<Digest | undefined> {
  const place = (piece: LayerPiece) =>
    piece instanceof Uint8Array ? piece : { path: contents.fileOf(piece), sizeBytes: piece.sizeBytes };
  const order: LayerOrder = { file, pieces: layerPieces(tree, paths).pieces.map(place) };
  signal?.throwIfAborted();
  const worker = new Worker(threadProgram(), { workerData: order });
  try {
    const [answer] = (await once(worker, 'message', signal === undefined ? {} : { signal })) as [LayerAnswer];
    switch (answer.kind) {
      case 'written':
        return answer.digest;
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

/** Beside this file in a checkout; beside the bundle in what ships. */
function threadProgram(): string {
  const here = fileURLToPath(import.meta.url);
  return `${dirname(here)}/layer-thread.${here.endsWith('.ts') ? 'ts' : 'mjs'}`;
}
