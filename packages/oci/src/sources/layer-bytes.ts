import { digestOfStream } from '../formats/digest.ts';
import type { Layer } from '../model/image.ts';

/** Length of a layer's tar, which an archive's header needs first: a layer that does not know it is streamed once for it. */
export async function layerBytes(layer: Layer, signal: AbortSignal | undefined): Promise<number> {
  return layer.tarBytes === undefined
    ? (await digestOfStream(layer.tar(signal))).sizeBytes
    : await layer.tarBytes();
}
