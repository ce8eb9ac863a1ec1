import { describe, expect, it } from 'vitest';
import { readTar } from '../formats/tar/tar-reader.ts';
import type { Entry, FileEntry } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { bytesOf, layerOf, oneChunk } from '../testing/memory-layer.ts';
import { planOverlayLayer } from './overlay-layer.ts';
import { overlayTar } from './overlay-tar.ts';

const twoFiles = () =>
  layerOf({ '/a': { kind: 'file', content: 'first' }, '/b': { kind: 'file', content: 'second' } });

async function membersOf(layer: Layer): Promise<readonly Entry[]> {
  const entries = [];
  for await (const entry of layer.entries()) entries.push(entry);
  return (await planOverlayLayer(entries, { flavour: 'root', entryLimit: 100 })).members;
}

/** The same members, the content of each file where `move` says. */
const moved = (members: readonly Entry[], move: (file: FileEntry, offset: number) => number) =>
  members.map((entry): Entry => {
    if (entry.kind !== 'file' || entry.content === undefined) return entry;
    return { ...entry, content: { ...entry.content, offset: move(entry, entry.content.offset) } };
  });

/** What an index of a layer says that somebody else has had in hand. */
const overlapping: readonly (readonly [string, (members: readonly Entry[]) => readonly Entry[]])[] = [
  ['begins where the one before began', (members) => moved(members, () => 512)],
  ['begins in the one before', (members) => moved(members, ({ path }) => (path === '/a' ? 512 : 516))],
  ['lies before the one before', (members) => moved(members, ({ path }, at) => (path === '/a' ? at : 0))],
];

describe('an unpacked layer as a tar', () => {
  it('has every file with its content', async () => {
    const layer = await twoFiles();
    const found: string[] = [];
    for await (const { header, content } of readTar(overlayTar(layer, await membersOf(layer))))
      found.push(`${header.name} ${await bytesOf(content)}`);
    expect(found).toEqual(['./ ', 'a first', 'b second']);
  });

  it.each(overlapping)('is refused when the content of a file %s', async (_, change) => {
    const layer = await twoFiles();
    const members = change(await membersOf(layer));
    await expect(bytesOf(overlayTar(layer, members))).rejects.toMatchObject({
      code: 'hostile',
      message: expect.stringContaining('overlap'),
    });
  });

  it.each([
    ['another one', (tar: Buffer) => Buffer.concat([tar, Buffer.alloc(512)]), 'digest-mismatch'],
    ['cut short', (tar: Buffer) => tar.subarray(0, 520), 'truncated'],
  ] as const)('is refused when its own tar is %s', async (_, change, code) => {
    const layer = await twoFiles();
    const members = await membersOf(layer);
    const changed = change(await bytesOf(layer.tar()));
    const lying = { ...layer, tar: () => oneChunk(changed) };
    await expect(bytesOf(overlayTar(lying, members))).rejects.toMatchObject({ code });
  });

  it('leaves the check of the digest to a layer that makes it itself', async () => {
    const layer = await twoFiles();
    const tarBytes = await bytesOf(layer.tar());
    const longer = { ...layer, tar: () => oneChunk(Buffer.concat([tarBytes, Buffer.alloc(512)])) };
    const members = await membersOf(layer);
    expect((await bytesOf(overlayTar(longer, members, { checked: true }))).length).toBeGreaterThan(0);
  });
});
