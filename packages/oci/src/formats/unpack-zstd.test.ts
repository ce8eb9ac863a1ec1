import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OciError } from '../model/oci-error.ts';
import { bytesOf, oneChunk } from '../testing/memory-layer.ts';
import { unpackZstd } from './unpack-zstd.ts';

const unpack = (bytes: Uint8Array) => bytesOf(unpackZstd(oneChunk(bytes), 'the layer'));
const text = Buffer.from('a line of some layer\n'.repeat(40_000));

async function* inPieces(bytes: Uint8Array, lengthBytes: number) {
  for (let at = 0; at < bytes.length; at += lengthBytes) yield bytes.subarray(at, at + lengthBytes);
}

describe('unpackZstd', () => {
  it('gives what zstd packed, whatever it was and however it arrives', async () => {
    const contents = [Buffer.alloc(0), Buffer.from('x'), text, randomBytes(300_000), Buffer.alloc(3_000_000)];
    for (const content of contents) {
      const packed = zstdCompressSync(content);
      expect((await unpack(packed)).equals(content)).toBe(true);
      const pieces = await bytesOf(unpackZstd(inPieces(packed, 7), 'the layer'));
      expect(pieces.equals(content)).toBe(true);
    }
  });

  it('unpacks many frames, and passes over those that are to be skipped', async () => {
    const packed = zstdCompressSync(text);
    const skippable = Buffer.concat([Buffer.from('5a2a4d1803000000', 'hex'), Buffer.from('abc')]);
    const frames = [...Array(40).fill(packed), skippable, packed];
    expect((await unpack(Buffer.concat(frames))).length).toBe(41 * text.length);
  });

  it('says that data ends early, wherever it ends', async () => {
    const packed = zstdCompressSync(text);
    for (const length of [0, 3, 5, 9, packed.length - 1]) {
      await expect(unpack(packed.subarray(0, length))).rejects.toMatchObject({ code: 'truncated' });
    }
  });

  it('refuses a window that is larger than any encoder makes by itself', async () => {
    const frame = Buffer.from('28b52ffd00f8010000', 'hex');
    await expect(unpack(frame)).rejects.toMatchObject({ code: 'too-large' });
  });

  it('throws nothing but OciError on damaged data', async () => {
    const packed = zstdCompressSync(Buffer.concat([text.subarray(0, 5000), randomBytes(500)]));
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Buffer.from(packed);
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        const result = await unpack(damaged).catch((error: unknown) => error);
        expect(result instanceof OciError || Buffer.isBuffer(result)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
