import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { FileTree } from '../model/file-tree.ts';
import type { ImageConfig } from '../model/image.ts';
import { hostPath, parseImagePath } from '../model/path.ts';
import { spoolDockerArchive } from '../sources/docker-archive.ts';
import { imageOf, layerOf } from '../testing/memory-layer.ts';
import { buildFileTree } from '../tree/build-file-tree.ts';
import { validateImage } from '../validate/validate-image.ts';
import { composeDockerArchive } from './compose-docker-archive.ts';

let directory: string;
let tree: FileTree;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-compose-'));
  const layer = await layerOf({
    '/app/run': { kind: 'file', content: 'x'.repeat(3_000_000) },
    '/app/link': { kind: 'symlink', target: 'run' },
    '/etc/hosts': { kind: 'file', content: '' },
  });
  tree = await buildFileTree(imageOf(layer));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const config: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: { Cmd: ['/app/run'] },
  rootfs: { type: 'layers', diff_ids: [] },
  history: [],
};
const paths = ['/app/run', '/app/link'].map(parseImagePath);
const ignore = async () => undefined;

async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

describe('composeDockerArchive', () => {
  test('sends a whole image of the given paths, whose digest it then knows', async () => {
    const composed = composeDockerArchive({ config, tree, paths, beforeManifest: ignore });
    expect(composed.made()).toBeUndefined();
    await using image = await spoolDockerArchive(composed.archive, hostPath(directory));
    expect(composed.made()?.configDigest).toBe(image.configDigest);
    expect(await validateImage(image)).toEqual([]);
    const entries = [...(await buildFileTree(image)).entries()].map((entry) => `${entry.kind} ${entry.path}`);
    expect(entries).toEqual(['directory /', 'directory /app', 'symlink /app/link', 'file /app/run']);
  });

  test('gives equal bytes for equal input', async () => {
    const once = () => bytesOf(composeDockerArchive({ config, tree, paths, beforeManifest: ignore }).archive);
    expect((await once()).equals(await once())).toBe(true);
  });

  test('tells the digest before anything that makes it an image is sent', async () => {
    const sent: Uint8Array[] = [];
    let sentBefore = '';
    const composed = composeDockerArchive({
      config,
      tree,
      paths,
      async beforeManifest() {
        sentBefore = Buffer.concat(sent).toString('latin1');
      },
    });
    for await (const chunk of composed.archive) sent.push(chunk);
    expect(sentBefore.length).toBeGreaterThan(3_000_000);
    expect(sentBefore).not.toContain('manifest.json');
    expect(Buffer.concat(sent).toString('latin1')).toContain('manifest.json');
  });

  test('ends without a manifest when the digest could not be written down', async () => {
    const beforeManifest = async () => {
      throw new Error('no place to write');
    };
    const composed = composeDockerArchive({ config, tree, paths, beforeManifest });
    await expect(bytesOf(composed.archive)).rejects.toThrow('no place to write');
    expect(composed.made()).toBeUndefined();
  });

  test('refuses a path that the tree lacks', async () => {
    const missing = [parseImagePath('/nowhere')];
    const composed = composeDockerArchive({ config, tree, paths: missing, beforeManifest: ignore });
    await expect(bytesOf(composed.archive)).rejects.toMatchObject({ code: 'not-found' });
  });
});
