import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildFileTree, hostPath } from '@pare/oci';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openImageStore } from '../../packages/pare/src/store/image-store.ts';
import { overlayView, treeView } from './store/overlay-view.ts';
import { imageOfDrafts, randomLayers } from './store/random-image.ts';

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'pare-store-layers-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('unpacked layers under overlayfs', () => {
  it('show what the file tree of the layers says, entry by entry', async () => {
    const root = hostPath(join(scratch, 'store'));
    const store = await openImageStore({ root, cacheDirectory: hostPath(join(scratch, 'cache')) });
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(randomLayers, async (drafts) => {
        await using image = await imageOfDrafts(drafts);
        const tree = await buildFileTree(image).catch(() => undefined);
        const { id } = await store.put(image);
        if (tree === undefined) {
          await expect(store.layerDirectories(id)).rejects.toMatchObject({ code: 'image-invalid' });
        } else {
          await using held = await store.layerDirectories(id);
          const seen = await overlayView(held.directories, scratch, held.userxattr);
          expect(seen).toEqual(await treeView(tree));
          compared += 1;
        }
        await store.remove(id);
      }),
      { numRuns: Number(process.env.PARE_STORE_RUNS ?? 40) },
    );
    expect(compared).toBeGreaterThan(5);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    expect(readdirSync(join(root, 'layers/root'))).toEqual([]);
    expect(readdirSync(join(root, 'blobs/sha256'))).toEqual([]);
  });
});
