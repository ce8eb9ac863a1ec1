import type { FileEntry } from '../model/entry.ts';
import type { Image, Layer } from '../model/image.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { OciError } from '../model/oci-error.ts';
import { type ImagePath, isBelow } from '../model/path.ts';
import { buildFileTree } from './build-file-tree.ts';
import { readLayerIndex } from './read-layer-index.ts';

/** What one layer says of a path. */
type Said =
  | { readonly kind: 'file'; readonly file: FileEntry }
  /** Neither it nor anything below this layer is seen. */
  | { readonly kind: 'gone' }
  /** A link or something else stands there or on the way: only the merged view tells. */
  | { readonly kind: 'unclear' }
  | { readonly kind: 'nothing' };

const defaultLimitBytes = 4 * 1024 * 1024;

/**
 * Reads one small file of an image, from the topmost layer down, so that a file of an upper layer costs no look at the
 * large ones below. Undefined when the merged view has no regular file there. Throws OciError `too-large` above
 * `limitBytes` (default 4 MiB).
 */
export async function readImageFile(
  image: Image,
  path: ImagePath,
  options: { readonly limitBytes?: number; readonly signal?: AbortSignal } = {},
): Promise<Uint8Array | undefined> {
  const { limitBytes = defaultLimitBytes, signal } = options;
  for (const layer of image.layers.toReversed()) {
    const said = whatLayerSays(await readLayerIndex(layer, { signal }), path);
    if (said.kind === 'file') return readWhole(layer, said.file, limitBytes);
    if (said.kind === 'gone') return undefined;
    if (said.kind === 'unclear') return readMerged(image, path, limitBytes, signal);
  }
  return undefined;
}

function whatLayerSays(index: LayerIndex, path: ImagePath): Said {
  let said: Said = { kind: 'nothing' };
  for (const [place, each] of index.paths.entries()) {
    const kind = index.kinds[place];
    if (each === path) {
      const entry = index.entryAt(place);
      if (entry.kind === 'file') said = { kind: 'file', file: entry };
      else if (kind !== 'whiteout') return { kind: 'unclear' };
      else if (said.kind === 'nothing') said = { kind: 'gone' };
    } else if (isBelow(path, each)) {
      // Whiteouts hide what is below their layer, never what is in it (OCI image spec, "Whiteouts").
      if (kind !== 'whiteout' && kind !== 'opaque') {
        if (kind !== 'directory') return { kind: 'unclear' };
      } else if (said.kind === 'nothing') said = { kind: 'gone' };
    }
  }
  return said;
}

async function readWhole(layer: Layer, file: FileEntry, limitBytes: number): Promise<Uint8Array> {
  if (file.sizeBytes > limitBytes) {
    throw new OciError('too-large', `${file.path} is larger than ${limitBytes} bytes`);
  }
  const parts: Uint8Array[] = [];
  for await (const part of layer.open(file)) parts.push(part.slice());
  return Buffer.concat(parts);
}

async function readMerged(
  image: Image,
  path: ImagePath,
  limitBytes: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  const tree = await buildFileTree(image, signal === undefined ? {} : { signal });
  const { entry } = tree.resolve(path);
  return entry?.kind === 'file' ? tree.read(entry, limitBytes) : undefined;
}
