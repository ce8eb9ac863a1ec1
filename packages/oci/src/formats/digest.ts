import { createHash } from 'node:crypto';
import type { Digest } from '../model/entry.ts';
import { OciError } from '../model/oci-error.ts';

const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** Checks a digest out of a manifest or config; throws OciError `corrupt`, or `unsupported` for another algorithm. */
export function parseDigest(value: unknown, what: string): Digest {
  if (typeof value === 'string' && SHA256.test(value)) return value as Digest;
  const other = typeof value === 'string' && /^sha(384|512):/.test(value);
  throw new OciError(
    other ? 'unsupported' : 'corrupt',
    `${what} is no sha256 digest: ${JSON.stringify(value)?.slice(0, 100)}`,
  );
}

/** The digest of some bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The hex digits of a digest: the name of its blob. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

/** Digest and length of a stream, which is read to its end. */
export async function digestOfStream(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    sizeBytes += chunk.length;
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes };
}
