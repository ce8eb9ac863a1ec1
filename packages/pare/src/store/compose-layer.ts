import { type Digest, type LayerPiece, layerPieces } from '@pare/oci';
import { createTurns } from '../model/event-loop-turn.ts';
import type { ImageParts } from '../ports/image-store.ts';
import type { StoreThread } from './store-thread.ts';
import type { UnpackedContents } from './unpacked-contents.ts';
import type { LayerPart } from './write-layer.ts';

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
  thread.start();
  let contentBytes = 0;
  async function* parts() {
    for await (const part of partsOf(file, layerPieces(tree, paths), contents)) {
      contentBytes += part.sizes.reduce((sum, bytes) => sum + bytes, 0);
      yield { order: part, owned: [part.bytes.buffer] };
    }
  }
  const answer = await thread.ask('layer', parts(), signal);
  switch (answer.kind) {
    case 'written':
      return { digest: answer.digest, contentBytes };
    case 'differs':
      return undefined;
    case 'failed':
      if (answer.code === 'ENOENT' || answer.code === 'ELOOP') return undefined;
      throw Object.assign(new Error(answer.message), { code: answer.code });
  }
}

/** While one part is written the next is made. */
const filesPerPart = 250;

/** Others may need this thread meanwhile: a container is being started. */
async function* partsOf(
  file: string,
  pieces: Iterable<LayerPiece>,
  contents: UnpackedContents,
): AsyncGenerator<LayerPart & { readonly bytes: Uint8Array<ArrayBuffer> }> {
  const turn = createTurns();
  let first: string | undefined = file;
  let made = emptyPart();
  for (const piece of pieces) {
    await turn();
    if (piece instanceof Uint8Array) {
      made.plain.push(piece);
      made.plainBytes += piece.length;
      continue;
    }
    if (made.paths.length === filesPerPart) {
      yield { file: first, ...sealed(made), isLast: false };
      first = undefined;
      made = emptyPart();
    }
    made.paths.push(contents.fileOf(piece));
    made.sizes.push(piece.sizeBytes);
    made.offsets.push(made.plainBytes);
  }
  yield { file: first, ...sealed(made), isLast: true };
}

interface PartInMaking {
  readonly plain: Uint8Array[];
  plainBytes: number;
  readonly paths: string[];
  readonly sizes: number[];
  readonly offsets: number[];
}

function emptyPart(): PartInMaking {
  return { plain: [], plainBytes: 0, paths: [], sizes: [], offsets: [] };
}

function sealed({ plain, plainBytes, paths, sizes, offsets }: PartInMaking) {
  // Memory of its own, which can be given away.
  const bytes = new Uint8Array(plainBytes);
  let used = 0;
  for (const part of plain) {
    bytes.set(part, used);
    used += part.length;
  }
  return { bytes, paths, sizes, offsets };
}
