import { createHash } from 'node:crypto';
import { digestHex, digestOf } from '../formats/digest.ts';
import { parseImageConfig } from '../formats/image-config.ts';
import { canonicalJson } from '../formats/json-shape.ts';
import { type TarWrite, writeTar } from '../formats/tar/tar-writer.ts';
import type { Digest } from '../model/entry.ts';
import type { FileTree } from '../model/file-tree.ts';
import type { Image, ImageConfig } from '../model/image.ts';
import type { ImagePath } from '../model/path.ts';
import { layerTar } from '../mutate/layer-tar.ts';
import { renderImageConfig } from '../mutate/make-image.ts';
import { archiveDocument, archiveFile, archiveManifest } from './archive-members.ts';

/** A one-layer image that comes into being while it is sent. */
export interface ComposedImage {
  /** The archive, as `docker load` takes it, without a tag; to be read once. */
  readonly archive: AsyncIterable<Uint8Array>;
  /** Of the layer; set once it was read. */
  readonly diffId: () => Digest | undefined;
  /** Set once the archive was read to its end. */
  readonly made: () => Pick<Image, 'configDigest' | 'config'> | undefined;
}

const layerName = 'layer.tar';

/**
 * Makes an image of one layer with the given paths of a tree, in one pass: the layer is hashed while it is sent, and its
 * diffID goes into the config that follows it. Equal input gives equal bytes. `beforeManifest` is awaited when the
 * image's ID is known and before the reader of the archive can know that there is an image. Throws what `layerTar`
 * throws.
 */
export function composeDockerArchive(options: {
  readonly config: ImageConfig;
  readonly tree: FileTree;
  readonly paths: Iterable<ImagePath>;
  readonly beforeManifest: (configDigest: Digest) => Promise<void>;
  readonly signal?: AbortSignal;
}): ComposedImage {
  let made: Pick<Image, 'configDigest' | 'config'> | undefined;
  let diffId: Digest | undefined;
  async function* members(): AsyncGenerator<TarWrite> {
    const { sizeBytes, chunks } = layerTar(options.tree, options.paths, options.signal);
    const hash = createHash('sha256');
    yield { entry: archiveFile(layerName, sizeBytes), content: hashed(chunks, hash) };
    diffId = `sha256:${hash.digest('hex')}`;
    const rawConfig = renderImageConfig(options.config, [diffId]);
    const configDigest = digestOf(rawConfig);
    await options.beforeManifest(configDigest);
    const configName = `${digestHex(configDigest)}.json`;
    yield archiveDocument(configName, rawConfig);
    yield archiveDocument('manifest.json', canonicalJson([archiveManifest(configName, [layerName], [])]));
    made = { configDigest, config: parseImageConfig(rawConfig) };
  }
  return { archive: writeTar(members()), diffId: () => diffId, made: () => made };
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}
