import { type Digest, type LayerPiece, layerPieces } from '@pare/oci';
import { createTurns } from '../model/event-loop-turn.ts';
import type { ImageParts } from '../ports/image-store.ts';
import { startThread } from './ask-thread.ts';
import type { UnpackedContents } from './unpacked-contents.ts';

/** What the thread is to write: bytes and contents of files in turn. */
export interface LayerOrder {
  /** A new file. */
  readonly file: string;
  /** All bytes that are no content. */
  readonly bytes: Uint8Array;
  /** Files with the contents. */
  readonly paths: readonly string[];
  /** How long they are. */
  readonly sizes: readonly number[];
  /** How many of `bytes` come before each of them. */
  readonly offsets: readonly number[];
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
  // It starts while its order is made.
  await using thread = startThread<LayerOrder, LayerAnswer>('layer-thread', signal);
  const order = await orderOf(file, layerPieces(tree, paths), contents);
  const answer = await thread.ask(order, [order.bytes.buffer]);
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
