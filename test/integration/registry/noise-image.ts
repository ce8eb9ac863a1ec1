import { randomBytes } from 'node:crypto';
import { type Image, makeImage, parseImagePath, writeTar } from '@pare/oci';
import { memoryLayer } from './memory-image.ts';

/** An image of layers with one file of noise each, which no compression makes shorter. */
export async function noiseImage(layers: number, fileBytes: number, architecture = 'amd64'): Promise<Image> {
  const names = Array.from({ length: layers }, (_, at) => String.fromCharCode(97 + at));
  const metadata = { mode: 0o644, uid: 0, gid: 0, mtime: { seconds: 1, nanoseconds: 0 }, xattrs: new Map() };
  const made = names.map((name) =>
    memoryLayer(
      writeTar([
        {
          entry: { ...metadata, kind: 'file', path: parseImagePath(`/${name}`), sizeBytes: fileBytes },
          content: once(randomBytes(fileBytes)),
        },
      ]),
    ),
  );
  return makeImage({
    reference: 'test',
    config: {
      architecture,
      os: 'linux',
      config: { Cmd: ['/a'] },
      rootfs: { type: 'layers', diff_ids: [] },
      history: [],
    },
    layers: await Promise.all(made),
  });
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
