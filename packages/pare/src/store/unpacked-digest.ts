import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type Digest, decompress, digestOfStream, sniffCompression } from '@pare/oci';

/** Learns what a blob unpacks to while it is written. */
export interface UnpackedDigest {
  /** Throws OciError `corrupt` or `too-large` on what cannot be unpacked. */
  write(chunk: Uint8Array): Promise<void>;
  /** The digest of the unpacked bytes. Throws OciError `truncated` too. */
  finish(): Promise<Digest>;
}

const sniffBytes = 4;

/** `label` names the blob in errors. */
export function unpackedDigest(label: string): UnpackedDigest {
  const input = new PassThrough({ highWaterMark: 1024 * 1024 });
  const digest = measure(input, label);
  digest.catch(() => input.destroy());
  return {
    async write(chunk) {
      if (input.destroyed) await digest;
      if (!input.write(chunk)) await Promise.race([once(input, 'drain'), digest]);
    },
    finish() {
      input.end();
      return digest;
    },
  };
}

async function measure(input: PassThrough, label: string): Promise<Digest> {
  const chunks = input[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < sniffBytes) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value as Buffer]);
  }
  const whole = (async function* () {
    yield head;
    yield* { [Symbol.asyncIterator]: () => chunks } as AsyncIterable<Uint8Array>;
  })();
  return (await digestOfStream(decompress(whole, sniffCompression(head), label))).digest;
}
