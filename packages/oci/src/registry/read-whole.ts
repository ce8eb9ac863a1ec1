import { OciError } from '../model/oci-error.ts';

/** Reads a stream whole; throws OciError `too-large` above `limitBytes`. */
export async function readWhole(
  stream: AsyncIterable<Uint8Array>,
  limitBytes: number,
  what: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let lengthBytes = 0;
  for await (const chunk of stream) {
    lengthBytes += chunk.length;
    if (lengthBytes > limitBytes)
      throw new OciError('too-large', `${what} has more than ${limitBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
