import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@pare/oci';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeChunks, writeDraft } from './draft-blobs.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'pare-drafts-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function* chunksOf(count: number, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let made = 0; made < count; made += 1) yield Buffer.alloc(sizeBytes, made + 1);
}

describe('writing a blob', () => {
  test('gives the digest of what is in the file, however often the disk was set to work meanwhile', async () => {
    const file = join(directory, 'large');
    const digest = await writeDraft(file, chunksOf(40, 1024 * 1024));
    const written = readFileSync(file);
    expect(written.length).toBe(40 * 1024 * 1024);
    expect(digest).toBe(digestOf(written));
  });

  test('ends with the error of who looks at each chunk, at once or later', async () => {
    const broken = new Error('the layer is broken');
    const now = () => {
      throw broken;
    };
    await expect(writeChunks(join(directory, 'now'), chunksOf(3, 70_000), now)).rejects.toBe(broken);
    const later = () => Promise.reject(broken);
    await expect(writeChunks(join(directory, 'later'), chunksOf(3, 70_000), later)).rejects.toBe(broken);
  });

  test('refuses to write over a file that is there', async () => {
    const file = join(directory, 'there');
    await writeChunks(file, chunksOf(1, 1));
    await expect(writeChunks(file, chunksOf(1, 1))).rejects.toMatchObject({ code: 'EEXIST' });
  });
});
