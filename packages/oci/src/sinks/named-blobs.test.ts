import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestHex, digestOf } from '../formats/digest.ts';
import { canonicalJson } from '../formats/json-shape.ts';
import { hostPath } from '../model/path.ts';
import { namedBlobs } from './named-blobs.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-named-'));
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const mediaType = 'application/vnd.oci.image.index.v1+json';

/** Writes an index that leads to a manifest through `depth` others; gives the hex digits of all. */
async function writeNested(depth: number): Promise<readonly string[]> {
  let inner = canonicalJson({ schemaVersion: 2, layers: [] });
  const digits: string[] = [];
  for (let made = 0; made < depth; made += 1) {
    const digest = digestOf(inner);
    digits.push(digestHex(digest));
    await writeFile(join(directory, 'blobs/sha256', digestHex(digest)), inner);
    inner = canonicalJson({ schemaVersion: 2, manifests: [{ mediaType, digest, size: inner.length }] });
  }
  await writeFile(join(directory, 'index.json'), inner);
  return digits;
}

test('a layout without an index names nothing', async () => {
  expect(await namedBlobs(hostPath(directory))).toEqual({ indexed: false, blobs: new Set() });
});

test('what an index names is found through indexes of indexes', async () => {
  const digits = await writeNested(7);
  expect(await namedBlobs(hostPath(directory))).toEqual({ indexed: true, blobs: new Set(digits) });
});

test('indexes that are nested without end are refused, and not followed', async () => {
  await writeNested(50);
  await expect(namedBlobs(hostPath(directory))).rejects.toMatchObject({
    code: 'hostile',
    message: expect.stringContaining('nests indexes too deep'),
  });
});

test('an index that names itself is read once', async () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  const index = canonicalJson({ schemaVersion: 2, manifests: [{ mediaType, digest, size: 1 }] });
  await writeFile(join(directory, 'blobs/sha256', '1'.repeat(64)), index);
  await writeFile(join(directory, 'index.json'), index);
  expect((await namedBlobs(hostPath(directory))).blobs).toEqual(new Set(['1'.repeat(64)]));
});
