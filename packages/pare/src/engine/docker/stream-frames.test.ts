import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFrames } from './stream-frames.ts';

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

async function* pieces(...chunks: readonly Uint8Array[]) {
  yield* chunks;
}

async function texts(...chunks: readonly Uint8Array[]) {
  const joined = { stdout: '', stderr: '' };
  for await (const { stream, data } of parseFrames(pieces(...chunks))) joined[stream] += Buffer.from(data);
  return joined;
}

describe('parseFrames', () => {
  it('gives nothing for an empty stream', async () => {
    expect(await texts()).toEqual({ stdout: '', stderr: '' });
  });

  it('joins the frames of each stream however they are cut into pieces', async () => {
    const bytes = Buffer.concat([
      frame(1, 'one '),
      frame(2, 'bad'),
      frame(0, 'zero '),
      frame(1, ''),
      frame(1, 'two'),
    ]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const ends = [...cuts, bytes.length].sort((a, b) => a - b);
        const chunks = ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end));
        expect(await texts(...chunks)).toEqual({ stdout: 'one zero two', stderr: 'bad' });
      }),
    );
  });

  it('holds no more than the piece at hand of a frame that claims 4 GiB', async () => {
    const header = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
    const iterator = parseFrames(pieces(header, Buffer.from('abc')));
    expect((await iterator.next()).value?.data).toEqual(Buffer.from('abc'));
    await expect(iterator.next()).rejects.toMatchObject({ code: 'engine-failed' });
  });

  it.each([1, 7, 8, 10])('fails when the stream ends after %i bytes of a frame', async (length) => {
    await expect(texts(frame(1, 'text').subarray(0, length))).rejects.toMatchObject({
      code: 'engine-failed',
    });
  });

  it.each([[[4, 0, 0, 0]], [[1, 1, 0, 0]], [[0x48, 0x54, 0x54, 0x50]]])(
    'refuses a header that begins with %j',
    async (begin) => {
      await expect(texts(Buffer.from([...begin, 0, 0, 0, 0]))).rejects.toMatchObject({
        code: 'engine-failed',
      });
    },
  );

  it('throws what the engine puts into the stream as an error', async () => {
    const message = 'write /var/lib/docker/x: no space left on device';
    await expect(texts(frame(1, 'a'), frame(3, message))).rejects.toMatchObject({
      code: 'disk-full',
      message: expect.stringContaining(message),
    });
  });
});
