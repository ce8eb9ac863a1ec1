import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PareError } from '../../model/pare-error.ts';
import { readLoadAnswer } from './load-answer.ts';

const id = `sha256:${'a'.repeat(64)}`;

async function* pieces(text: string, size = text.length || 1) {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('readLoadAnswer', () => {
  it.each([
    `{"stream":"Loaded image ID: ${id}\\n"}\r\n`,
    `{"status":"Loading layer"}\n{"stream":"Loaded image: ${id}"}`,
    `{"stream":"Loaded image: ${'a'.repeat(64)}\\n"}`,
  ])('finds the ID in %j', async (text) => {
    expect(await readLoadAnswer(pieces(text, 3))).toBe(id);
  });

  it('knows no ID when the image is called otherwise', async () => {
    expect(await readLoadAnswer(pieces('{"stream":"Loaded image: name:latest\\n"}'))).toBeUndefined();
    expect(await readLoadAnswer(pieces(''))).toBeUndefined();
  });

  it('throws an error that comes after the status 200', async () => {
    const text =
      '{"errorDetail":{"message":"write x: no space left on device"},"error":"no space left on device"}\n';
    await expect(readLoadAnswer(pieces(text))).rejects.toMatchObject({ code: 'disk-full' });
    await expect(readLoadAnswer(pieces('{"error":"invalid tar header"}'))).rejects.toMatchObject({
      code: 'engine-failed',
      message: expect.stringContaining('invalid tar header'),
    });
  });

  it.each(['<html>', '{"stream":', '{"stream":1}', '1', `"${'x'.repeat(2_000_000)}`])(
    'refuses an answer of another kind',
    async (text) => {
      await expect(readLoadAnswer(pieces(text, 70_000))).rejects.toMatchObject({ code: 'engine-failed' });
    },
  );

  it('never fails in any other way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 9 }), async (text, size) => {
        await readLoadAnswer(pieces(text, size)).catch((error: unknown) => {
          if (!(error instanceof PareError)) throw error;
        });
      }),
    );
  });
});
