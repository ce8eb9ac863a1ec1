import type { Readable } from 'node:stream';

/** Collects a stream up to a limit; what is above is read and dropped. Resolves at its end, however it comes. */
export function collectLimited(stream: Readable, limitBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let left = limitBytes;
  stream.on('data', (data: Uint8Array) => {
    if (left === 0) return;
    const taken = data.subarray(0, left);
    chunks.push(taken);
    left -= taken.length;
  });
  // A reader that is closed early gives an error.
  stream.on('error', () => {});
  return new Promise((resolve) => stream.once('close', () => resolve(Buffer.concat(chunks))));
}
