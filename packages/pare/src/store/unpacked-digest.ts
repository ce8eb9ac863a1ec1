import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { type Digest, decompress, digestOfStream, sniffCompression } from '@pare/oci';

/** Learns what a blob unpacks to while it is written. */
export interface UnpackedDigest {
  /** Throws OciError `corrupt` or `too-large` on what cannot be unpacked. */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * The digest of the unpacked bytes. A plain blob has its own, which whoever writes it knows and gives as `written`: hashing 600 MB takes
   * seconds. Throws OciError `truncated` too.
   */
  finish(written: Digest): Promise<Digest>;
}

const sniffBytes = 4;

/** `label` names the blob in errors. */
export function unpackedDigest(label: string): UnpackedDigest {
  let head: Buffer | undefined = Buffer.alloc(0);
  let packed: ReturnType<typeof measure> | undefined;

  async function start(): Promise<void> {
    const compression = sniffCompression(head ?? Buffer.alloc(0));
    if (compression !== 'none') {
      packed = measure(compression, label);
      await packed.write(head ?? Buffer.alloc(0));
    }
    head = undefined;
  }

  return {
    async write(chunk) {
      if (head === undefined) {
        await packed?.write(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      if (head.length >= sniffBytes) await start();
    },
    async finish(written) {
      if (head !== undefined) await start();
      return packed === undefined ? written : await packed.finish();
    },
  };
}

function measure(compression: ReturnType<typeof sniffCompression>, label: string) {
  const input = new PassThrough({ highWaterMark: 1024 * 1024 });
  const digest = digestOfStream(decompress(input, compression, label)).then((found) => found.digest);
  digest.catch(() => input.destroy());
  return {
    async write(chunk: Uint8Array): Promise<void> {
      if (input.destroyed) await digest;
      if (!input.write(chunk)) await Promise.race([once(input, 'drain'), digest]);
    },
    finish(): Promise<Digest> {
      input.end();
      return digest;
    },
  };
}
