import { type Digest, type LayerPiece, layerPieces } from '@pare/oci';
import { createTurns } from '../model/event-loop-turn.ts';
import type { ImageParts } from '../ports/image-store.ts';
import type { StoreThread } from './store-thread.ts';
import type { UnpackedContents } from './unpacked-contents.ts';
import type { LayerOrder } from './write-layer.ts';

/** A layer that was written. */
export interface ComposedLayer {
  readonly digest: Digest;
  /** The sizes of all its files. */
  readonly contentBytes: number;
}

/**
 * Writes the tar of a layer with these paths of an image to a new file, from its unpacked layers, and hashes it, on the store's thread.
 * Gives the tar's digest and the sizes of its files; undefined where one is not there as its layer said. Throws what the disk says, and the
 * signal's reason.
 */
export async function composeLayer(
  { tree, paths }: Pick<ImageParts, 'tree' | 'paths'>,
  contents: UnpackedContents,
  file: string,
  { thread, signal }: { readonly thread: StoreThread; readonly signal: AbortSignal | undefined },
): Promise<ComposedLayer | undefined> {
  // It starts while its order is made.
  thread.start();
  const order = await orderOf(file, layerPieces(tree, paths), contents);
  const answer = await thread.ask('layer', order, { owned: [order.bytes.buffer], signal });
  switch (answer.kind) {
    case 'written':
      return { digest: answer.digest, contentBytes: order.sizes.reduce((sum, bytes) => sum + bytes, 0) };
    case 'differs':
      return undefined;
    case 'failed':
      if (answer.code === 'ENOENT' || answer.code === 'ELOOP') return undefined;
      throw Object.assign(new Error(answer.message), { code: answer.code });
  }
}

/** Others may need this thread meanwhile: a container is being started. */
async function orderOf(
  file: string,
  pieces: Iterable<LayerPiece>,
  contents: UnpackedContents,
): Promise<LayerOrder & { readonly bytes: Uint8Array<ArrayBuffer> }> {
  const turn = createTurns();
  const order = { file, paths: [] as string[], sizes: [] as number[], offsets: [] as number[] };
  const plain: Uint8Array[] = [];
  let plainBytes = 0;
  for (const piece of pieces) {
    await turn();
    if (piece instanceof Uint8Array) {
      plain.push(piece);
      plainBytes += piece.length;
    } else {
      order.paths.push(contents.fileOf(piece));
      order.sizes.push(piece.sizeBytes);
      order.offsets.push(plainBytes);
    }
  }
  // Memory of its own, which can be given away.
  const bytes = new Uint8Array(plainBytes);
  let used = 0;
  for (const part of plain) {
    bytes.set(part, used);
    used += part.length;
  }
  return { ...order, bytes };
}
