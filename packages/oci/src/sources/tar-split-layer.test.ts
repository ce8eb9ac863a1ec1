import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../formats/digest.ts';
import { readTar } from '../formats/tar/tar-reader.ts';
import type { LayerEntry } from '../model/entry.ts';
import type { Layer } from '../model/image.ts';
import { hostPath } from '../model/path.ts';
import { at, bytesOf, imageOf, layerOf, oneChunk } from '../testing/memory-layer.ts';
import { buildFileTree } from '../tree/build-file-tree.ts';
import { openTarSplitLayer } from './tar-split-layer.ts';

let directory = '';
let original: Layer;
let tar: Buffer;
let lines: string[];
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'pare-tar-split-'));
  original = await layerOf({
    '/d': { kind: 'directory', mode: 0o700 },
    '/d/a': { kind: 'file', content: 'content of a', xattrs: new Map([['user.a', Buffer.from([0, 255])]]) },
    '/d/l': { kind: 'hardlink', target: '/d/a' },
    '/d/empty': { kind: 'file', content: '' },
    '/d/caf\udce9': { kind: 'file', content: 'x'.repeat(5000) },
    '/d/.wh.gone': { kind: 'file' },
  });
  tar = await bytesOf(original.tar());
  lines = [];
  let from = 0;
  for await (const { header, offset, content } of readTar(oneChunk(tar))) {
    if (offset > from) lines.push(raw(from, offset));
    from = offset + header.storedBytes;
    const name = /[\udc80-\udcff]/.test(header.name)
      ? { name_raw: Buffer.from(header.name.replace('\udce9', '\xe9'), 'latin1').toString('base64') }
      : { name: header.name };
    const size = header.storedBytes === 0 ? {} : { size: header.storedBytes };
    lines.push(JSON.stringify({ type: 1, ...name, ...size, payload: null, position: lines.length }));
    if (header.type !== 'file' || header.storedBytes === 0) continue;
    const bytes = await bytesOf(content);
    const path = Buffer.from(join(directory, 'diff', header.name).replace('\udce9', '\xe9'), 'latin1');
    mkdirSync(dirname(path.toString('latin1')), { recursive: true });
    writeFileSync(path, bytes);
  }
  lines.push(raw(from, tar.length));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function raw(start: number, end: number): string {
  return JSON.stringify({ type: 2, payload: tar.toString('base64', start, end), position: 0 });
}

let made = 0;
function layer(record: Uint8Array, diff = 'diff'): Layer {
  made += 1;
  const tarSplit = hostPath(join(directory, `${made}.json.gz`));
  writeFileSync(tarSplit, record);
  return openTarSplitLayer({ diffId: digestOf(tar), tarSplit, directory: hostPath(join(directory, diff)) });
}
const packed = (text: readonly string[]): Buffer => gzipSync(text.join('\n'));

async function entriesOf({ entries }: Layer): Promise<readonly LayerEntry[]> {
  const list: LayerEntry[] = [];
  for await (const entry of entries()) list.push(entry);
  return list;
}

describe('openTarSplitLayer', () => {
  it('gives the entries and the exact bytes of the tar that the record was made of', async () => {
    for (const record of [packed(lines), packed([...lines, '']), Buffer.from(lines.join('\n'))]) {
      const read = layer(record);
      expect((await read.readIndex?.())?.entries()).toEqual(await entriesOf(original));
      expect((await bytesOf(read.tar())).equals(tar)).toBe(true);
      expect(await read.tarBytes?.()).toBe(tar.length);
    }
  });

  it('reads headers that are spread over many lines', async () => {
    const spread = lines.flatMap((line) => {
      const { type, payload } = JSON.parse(line);
      const bytes = Buffer.from(type === 2 ? payload : '', 'base64');
      if (type !== 2) return [line];
      const parts = Array.from({ length: Math.ceil(bytes.length / 300) }, (_, index) =>
        bytes.subarray(index * 300, index * 300 + 300),
      );
      return parts.map((part) => JSON.stringify({ payload: part.toString('base64'), type: 2 }));
    });
    expect((await layer(packed(spread)).readIndex?.())?.entries()).toEqual(await entriesOf(original));
  });

  it('reads contents from the directory', async () => {
    const tree = await buildFileTree(imageOf(layer(packed(lines))));
    for (const [path, length] of [
      ['/d/a', 12],
      ['/d/empty', 0],
      ['/d/caf\udce9', 5000],
    ] as const) {
      const entry = tree.get(at(path));
      expect(entry?.kind === 'file' && path !== '/d/empty' ? (await tree.read(entry)).length : 0).toBe(
        length,
      );
    }
  });

  it('says that the directory was changed', async () => {
    mkdirSync(join(directory, 'changed/d'), { recursive: true });
    writeFileSync(join(directory, 'changed/d/a'), 'CONTENT OF A');
    writeFileSync(Buffer.from(join(directory, 'changed/d/caf\xe9'), 'latin1'), 'x'.repeat(5000));
    await expect(bytesOf(layer(packed(lines), 'changed').tar())).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
    writeFileSync(join(directory, 'changed/d/a'), 'shorter');
    await expect(bytesOf(layer(packed(lines), 'changed').tar())).rejects.toMatchObject({ code: 'corrupt' });
    await expect(bytesOf(layer(packed(lines), 'no').tar())).rejects.toMatchObject({ code: 'not-found' });
  });

  const content = (size: number): string => JSON.stringify({ type: 1, name: 'x', size });
  it.each([
    ['is not gzip where it should be', () => packed(lines).subarray(0, 60), 'truncated'],
    ['holds no JSON', () => packed(['what']), 'corrupt'],
    ['holds a list', () => packed(['[]', 'null']), 'corrupt'],
    ['holds null', () => packed(['null']), 'corrupt'],
    ['holds a line of another type', () => packed(['{"type":3}']), 'corrupt'],
    ['holds a negative size', () => packed(['{"type":1,"name":"a","size":-1}']), 'corrupt'],
    ['begins with a content', () => packed([content(5), ...lines]), 'corrupt'],
    ['lacks a content', () => packed(lines.filter((line) => !line.includes('"size":12'))), 'corrupt'],
    [
      'has a content of another length',
      () => packed(lines.map((line) => line.replace('"size":12', '"size":13'))),
      'corrupt',
    ],
    ['has a content inside a header', () => packed([raw(0, 300), content(5), raw(300, 512)]), 'corrupt'],
    ['ends inside a header', () => packed([raw(0, 300)]), 'truncated'],
  ])('refuses a record that %s', async (_what, record, code) => {
    await expect(layer(record()).readIndex?.()).rejects.toMatchObject({ code });
  });

  it('never opens what a record names outside of the directory', async () => {
    writeFileSync(join(directory, 'secret'), 'hello');
    const read = layer(packed([raw(0, 0), JSON.stringify({ type: 1, name: '../secret', size: 5 })]));
    await expect(bytesOf(read.tar())).rejects.toMatchObject({ code: 'hostile' });
  });
});
