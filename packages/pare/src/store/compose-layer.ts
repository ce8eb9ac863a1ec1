import { type Digest, type LayerPortion, layerPortions } from '@pare/oci';
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
    for await (const part of partsOf(file, layerPortions(tree, paths), contents)) {
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

/** While one part is written the next is made. Others may need this thread meanwhile: a container is being started. */
async function* partsOf(
  file: string,
  portions: Iterable<LayerPortion>,
  contents: UnpackedContents,
): AsyncGenerator<LayerPart & Pick<LayerPortion, 'bytes'>> {
  const turn = createTurns();
  let first: string | undefined = file;
  for (const { bytes, files, offsets, isLast } of portions) {
    const paths = files.map((entry) => contents.fileOf(entry));
    const sizes = files.map(({ sizeBytes }) => sizeBytes);
    yield { file: first, bytes, paths, sizes, offsets, isLast };
    first = undefined;
    await turn();
  }
}
