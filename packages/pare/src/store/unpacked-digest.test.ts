import { gzipSync } from 'node:zlib';
import { digestOf } from '@pare/oci';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unpackedDigest } from './unpacked-digest.ts';

const given = digestOf(Buffer.from('what the writer found'));

async function digestInPieces(bytes: Uint8Array, pieceBytes: number) {
  const digest = unpackedDigest('the blob');
  for (let start = 0; start < bytes.length; start += pieceBytes)
    await digest.write(bytes.subarray(start, start + pieceBytes));
  return digest.finish(given);
}

describe('unpackedDigest', () => {
  it('takes a plain blob’s digest from whoever wrote it', async () => {
    for (const text of ['', 'abc', 'a longer text'])
      expect(await digestInPieces(Buffer.from(text), 5)).toBe(given);
  });

  it('gives the digest of what a packed blob holds, however it comes in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 500 }),
        fc.integer({ min: 1, max: 64 }),
        async (bytes, size) => {
          expect(await digestInPieces(gzipSync(bytes), size)).toBe(digestOf(bytes));
        },
      ),
    );
  });

  it('refuses a packed blob that ends early', async () => {
    const packed = gzipSync('some text');
    for (const end of [3, 12, packed.length - 1])
      await expect(digestInPieces(packed.subarray(0, end), 4)).rejects.toMatchObject({ code: 'truncated' });
  });

  it('refuses a packed blob that is damaged', async () => {
    const packed = gzipSync('some text');
    packed[packed.length - 6] = (packed.at(-6) ?? 0) ^ 1;
    await expect(digestInPieces(packed, 100)).rejects.toMatchObject({ code: 'corrupt' });
  });
});
