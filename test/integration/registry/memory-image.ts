import { createHash } from 'node:crypto';
import { type Layer, layerEntryOf, readTar } from '@pare/oci';

/** A layer whose tar is in memory. */
export async function memoryLayer(tar: AsyncIterable<Uint8Array>): Promise<Layer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const stream = async function* () {
    yield bytes as Uint8Array;
  };
  return {
    diffId: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    async *entries() {
      for await (const { header, offset } of readTar(stream())) {
        const entry = layerEntryOf(header, offset);
        if (entry !== undefined) yield entry;
      }
    },
    async *open(file, range = { start: 0, lengthBytes: file.sizeBytes }) {
      const start = (file.content?.offset ?? 0) + range.start;
      yield bytes.subarray(start, start + Math.min(range.lengthBytes, file.sizeBytes - range.start));
    },
    tar: stream,
  };
}
