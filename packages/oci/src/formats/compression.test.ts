import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesOf, oneChunk } from '../testing/memory-layer.ts';
import { DEFAULT_DECOMPRESSION_LIMITS, decompress, sniffCompression } from './compression.ts';

const text = Buffer.from('content '.repeat(1000));
const packed = gzipSync(text);
const unpack = (bytes: Uint8Array, limits = DEFAULT_DECOMPRESSION_LIMITS) =>
  bytesOf(decompress(oneChunk(bytes), sniffCompression(bytes), 'the layer', limits));

describe('sniffCompression', () => {
  it('tells by the first bytes', () => {
    expect(sniffCompression(packed)).toBe('gzip');
    expect(sniffCompression(Buffer.from('28b52ffd00', 'hex'))).toBe('zstd');
    expect(sniffCompression(text)).toBe('none');
    expect(sniffCompression(Buffer.alloc(0))).toBe('none');
  });
});

describe('decompress', () => {
  it('unpacks gzip, also of several members, and passes plain bytes on', async () => {
    expect((await unpack(packed)).equals(text)).toBe(true);
    expect((await unpack(Buffer.concat([packed, packed]))).length).toBe(2 * text.length);
    expect((await unpack(text)).equals(text)).toBe(true);
  });

  it('says that data ends early', async () => {
    await expect(unpack(packed.subarray(0, packed.length - 10))).rejects.toMatchObject({
      code: 'truncated',
      message: expect.stringContaining('the layer'),
    });
  });

  it('says that data is damaged', async () => {
    const damaged = Buffer.from(packed);
    damaged.fill(0xff, 12, 24);
    await expect(unpack(damaged)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('stops at the bounds of output and ratio', async () => {
    await expect(unpack(packed, { ...DEFAULT_DECOMPRESSION_LIMITS, outputBytes: 100 })).rejects.toMatchObject(
      { code: 'too-large' },
    );
    await expect(unpack(packed, { outputBytes: 1e9, ratio: 10, ratioFromBytes: 1000 })).rejects.toMatchObject(
      { code: 'too-large' },
    );
  });

  it('hands errors of the source on and closes it when the reader leaves', async () => {
    let closed = 0;
    const source = async function* (fail: boolean) {
      try {
        yield packed.subarray(0, 20);
        if (fail) throw new Error('the disk is gone');
        yield packed.subarray(20);
        yield* oneChunk(packed);
      } finally {
        closed += 1;
      }
    };
    await expect(bytesOf(decompress(source(true), 'gzip', 'x'))).rejects.toThrow('the disk is gone');
    for await (const _chunk of decompress(source(false), 'gzip', 'x')) break;
    await expect.poll(() => closed).toBe(2);
  });
});
