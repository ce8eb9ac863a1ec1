import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestHex, digestOf } from '../formats/digest.ts';
import { hostPath } from '../model/path.ts';
import { openOciLayout } from '../sources/oci-layout.ts';
import { imageOf, layerOf } from '../testing/memory-layer.ts';
import { removeStaleDrafts } from './drafts.ts';
import { writeOciLayout } from './oci-layout.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'pare-layout-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const program = join(import.meta.dirname, '../testing/add-to-layout.ts');
const programOfMany = join(import.meta.dirname, '../testing/add-many-to-layout.ts');
const layout = (name: string) => hostPath(join(directory, name));

/** A layout with an image of its own, of which the new one shares a layer, and a blob that another tool left unnamed. */
async function filledLayout(name: string) {
  const shared = await layerOf({ '/shared': { kind: 'file', content: 'in both' } });
  await writeOciLayout(imageOf(shared), layout(name), 'old');
  await writeFile(join(layout(name), 'blobs/sha256', '5'.repeat(64)), 'of another tool');
  return layout(name);
}

/** Every file with its content, every directory. */
async function snapshot(path: string): Promise<Record<string, string>> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const named = entries.map(async (entry) => {
    const file = join(entry.parentPath, entry.name);
    return [file, entry.isDirectory() ? 'a directory' : await readFile(file, 'latin1')] as const;
  });
  return Object.fromEntries((await Promise.all(named)).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Has a program add an image to a layout and die at a call (see there); says whether it did. */
async function killedAt(moment: number | 'index', path: string): Promise<boolean> {
  const child = spawn(process.execPath, [program, path, String(moment)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code, signal] = await once(child, 'close');
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(said);
  return signal === 'SIGKILL';
}

/** Has writers killed at each of their calls that change the file system, each in a layout of its own; gives how many there were. */
async function killEverywhere(
  make: (name: string) => Promise<string>,
  judge: (path: string, before: Record<string, string>, moment: number) => Promise<void>,
): Promise<number> {
  let last = Number.POSITIVE_INFINITY;
  let next = 1;
  // Two of them side by side: starting Node is most of the time.
  const killer = async () => {
    while (next < last) {
      const moment = next++;
      const path = await make(`layout-${moment}`);
      const before = await snapshot(path);
      if (await killedAt(moment, path)) await judge(path, before, moment);
      else last = Math.min(last, moment);
    }
  };
  await Promise.all([killer(), killer()]);
  return last - 1;
}

/** Has another process add an image of each name to a layout, all at once. */
async function addElsewhere(path: string, names: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [programOfMany, path, ...names], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(said);
}

/** A layout whose writer was killed when all was in its place but the index. */
async function killedBeforeIndex() {
  const path = await filledLayout('worst');
  const before = await namesOfBlobs(path);
  expect(await killedAt('index', path)).toBe(true);
  const added = (await namesOfBlobs(path)).filter((name) => !before.includes(name));
  return { path, before, added };
}

const namesOfBlobs = async (path: string) => (await readdir(join(path, 'blobs/sha256'))).toSorted();

// Some start many processes.
describe('adding to an OCI layout that is there', { timeout: 90_000 }, () => {
  it('leaves all as it was, or the image whole, when it is killed at any moment and its drafts are removed', async () => {
    let whole = 0;
    const moments = await killEverywhere(filledLayout, async (path, before, moment) => {
      await removeStaleDrafts(path);
      const image = await openOciLayout(hostPath(path), 'new').catch(() => undefined);
      if (image === undefined) expect(await snapshot(path), `killed at call ${moment}`).toEqual(before);
      else {
        whole += 1;
        for (const layer of image.layers) for await (const _chunk of layer.tar());
        expect((await readdir(path)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
      }
    });
    expect(moments).toBeGreaterThan(10);
    expect(whole).toBeGreaterThan(0);
  });

  it('leaves an empty directory empty when it is killed there', async () => {
    const make = async (name: string) => {
      await mkdir(layout(name));
      return layout(name);
    };
    const moments = await killEverywhere(make, async (path, before, moment) => {
      await removeStaleDrafts(path);
      if (!(await readdir(path)).includes('index.json'))
        expect(await snapshot(path), `killed at call ${moment}`).toEqual(before);
    });
    expect(moments).toBeGreaterThan(10);
  });

  it('is tidied by the next writer of that layout', async () => {
    const { path, before, added } = await killedBeforeIndex();
    // The new image's config, manifest and second layer.
    expect(added).toHaveLength(3);
    const third = imageOf(await layerOf({}));
    await writeOciLayout(third, path, 'third');
    const blobs = await namesOfBlobs(path);
    expect(blobs).toEqual(expect.arrayContaining(before));
    expect(blobs.filter((name) => added.includes(name))).toEqual([]);
    expect((await readdir(path)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
  });

  it('removes no blob that was named meanwhile, and none that another tool put in its place', async () => {
    const { path, added } = await killedBeforeIndex();
    const [named = '', replaced = '', neither = ''] = added;
    const index = JSON.parse(await readFile(join(path, 'index.json'), 'utf8'));
    const descriptor = { mediaType: 'application/x', size: 1, digest: `sha256:${named}` };
    const inner = Buffer.from(JSON.stringify({ layers: [descriptor] }));
    const manifest = { mediaType: 'application/x', size: inner.length, digest: digestOf(inner) };
    await writeFile(join(path, 'blobs/sha256', digestHex(digestOf(inner))), inner);
    await writeFile(
      join(path, 'index.json'),
      JSON.stringify({ ...index, manifests: [...index.manifests, manifest] }),
    );
    const blob = join(path, 'blobs/sha256', replaced);
    const copy = join(directory, 'copy');
    await copyFile(blob, copy);
    await rename(copy, blob);
    await removeStaleDrafts(path);
    const left = await namesOfBlobs(path);
    expect(left).toEqual(expect.arrayContaining([named, replaced]));
    expect(left).not.toContain(neither);
  });

  it.each(['{"manifests":', '{"manifests":7}', '{"manifests":[{"digest":"sha256:LINK"}]}'])(
    'takes nothing back where what is named cannot be told: %s',
    async (text) => {
      const { path, before, added } = await killedBeforeIndex();
      const [unread = ''] = added;
      await writeFile(join(path, 'blobs/sha256', '6'.repeat(64)), '{');
      await writeFile(join(path, 'index.json'), text.replace('LINK', '6'.repeat(64)));
      await removeStaleDrafts(path);
      expect(unread).not.toBe('');
      expect(await namesOfBlobs(path)).toEqual([...before, ...added, '6'.repeat(64)].toSorted());
    },
  );

  it.each(['not json', '{"manifests":7}', '[]'])(
    'refuses a layout whose index.json is %s, and leaves it',
    async (text) => {
      const path = await filledLayout('corrupt');
      await writeFile(join(path, 'index.json'), text);
      const before = await snapshot(path);
      await expect(writeOciLayout(imageOf(await layerOf({})), path, 'x')).rejects.toMatchObject({
        code: 'corrupt',
      });
      expect(await snapshot(path)).toEqual(before);
    },
  );

  it.each([
    ['is there', ['old']],
    ['is not there yet', []],
    ['is an empty directory', []],
  ])('loses nothing where several processes add to one that %s', async (state, before) => {
    const path = state === 'is there' ? await filledLayout('busy') : layout('busy');
    if (state === 'is an empty directory') await mkdir(path);
    const namesOf = (process: number) => [1, 2, 3, 4, 5].map((image) => `p${process}-${image}`);
    const processes = [1, 2, 3];
    await Promise.all(processes.map((process) => addElsewhere(path, namesOf(process))));
    const names = [...before, ...processes.flatMap(namesOf)];
    const { manifests } = JSON.parse(await readFile(join(path, 'index.json'), 'utf8'));
    const found = manifests.map(({ annotations }: { annotations: object }) => Object.values(annotations));
    expect(found.flat().toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      await using image = await openOciLayout(path, name);
      for (const layer of image.layers) for await (const _chunk of layer.tar());
    }
    expect((await readdir(path)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
    expect(await readdir(directory)).toEqual(['busy']);
  });

  it('leaves a layout alone whose index.json cannot be read', async () => {
    const path = await filledLayout('unreadable');
    await rm(join(path, 'index.json'));
    await mkdir(join(path, 'index.json'));
    const before = await snapshot(path);
    await expect(writeOciLayout(imageOf(await layerOf({})), path, 'x')).rejects.toMatchObject({
      code: 'EISDIR',
    });
    expect(await snapshot(path)).toEqual(before);
  });
});
