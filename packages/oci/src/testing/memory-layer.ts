import { Buffer } from 'node:buffer';
import { digestOf } from '../formats/digest.ts';
import { layerEntryOf } from '../formats/tar/layer-entry.ts';
import { readTar } from '../formats/tar/tar-reader.ts';
import { type TarWrite, writeTar } from '../formats/tar/tar-writer.ts';
import type { Entry } from '../model/entry.ts';
import type { Image, Layer } from '../model/image.ts';
import { type ImagePath, parseImagePath } from '../model/path.ts';
import { makeImage } from '../mutate/make-image.ts';

/** What a test says of an entry; the rest has plain values. */
export type EntryDraft = { readonly content?: string | Uint8Array } & (
  | { readonly kind: 'file' | 'directory' | 'fifo' | 'whiteout' }
  | { readonly kind: 'symlink' | 'hardlink'; readonly target: string }
  | { readonly kind: 'char-device' | 'block-device'; readonly major: number; readonly minor: number }
) &
  Partial<Pick<Entry, 'mode' | 'uid' | 'gid' | 'mtime' | 'xattrs'>>;

/** A draft as a tar member. A path may be a whiteout's (`/a/.wh.b`). */
export function memberOf(path: string, draft: EntryDraft): TarWrite {
  const { content = '', ...rest } = draft;
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const metadata = {
    path: parseImagePath(path),
    mode: draft.kind === 'directory' ? 0o755 : 0o644,
    uid: 0,
    gid: 0,
    mtime: { seconds: 1_700_000_000, nanoseconds: 0 },
    xattrs: new Map(),
  };
  if (draft.kind !== 'file') return { entry: { ...metadata, ...rest } as Entry };
  return { entry: { ...metadata, ...rest, kind: 'file', sizeBytes: bytes.length }, content: oneChunk(bytes) };
}

/** A stream of one chunk. */
export async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Reads a stream whole. */
export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A layer whose tar is in memory. */
function memoryLayer(tar: Buffer): Layer {
  return {
    diffId: digestOf(tar),
    async *entries() {
      for await (const { header, offset } of readTar(oneChunk(tar))) {
        const entry = layerEntryOf(header, offset);
        if (entry !== undefined) yield entry;
      }
    },
    async *open(file, range = { start: 0, lengthBytes: file.sizeBytes }) {
      const start = (file.content?.offset ?? 0) + range.start;
      yield tar.subarray(start, start + Math.min(range.lengthBytes, file.sizeBytes - range.start));
    },
    tar: () => oneChunk(tar),
  };
}

/** A layer of drafts, in the order of the object's keys or of the pairs. */
export async function layerOf(
  drafts: Readonly<Record<string, EntryDraft>> | readonly (readonly [string, EntryDraft])[],
): Promise<Layer> {
  const pairs = Array.isArray(drafts)
    ? (drafts as readonly (readonly [string, EntryDraft])[])
    : Object.entries(drafts);
  return memoryLayer(await bytesOf(writeTar(pairs.map(([path, draft]) => memberOf(path, draft)))));
}

/** An image of layers, lowest first. */
export function imageOf(...layers: readonly Layer[]): Image {
  const config = { architecture: 'amd64', os: 'linux', config: { Cmd: ['/bin/true'] }, history: [] } as const;
  return makeImage({
    reference: 'test',
    config: { ...config, rootfs: { type: 'layers', diff_ids: [] } },
    layers,
  });
}

/** A literal as a path. */
export function at(path: string): ImagePath {
  return parseImagePath(path);
}
