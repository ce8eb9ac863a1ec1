import { digestHex } from '../formats/digest.ts';
import { canonicalJson } from '../formats/json-shape.ts';
import { type TarWrite, writeTar } from '../formats/tar/tar-writer.ts';
import type { Image, Layer } from '../model/image.ts';
import { layerBytes } from '../sources/layer-bytes.ts';
import { verifiedTar } from '../sources/verified-tar.ts';
import { archiveDocument, archiveFile, archiveManifest } from './archive-members.ts';

/**
 * Streams an image as `docker load` takes it: manifest.json and config first, then each layer uncompressed. With no tags
 * it is loaded by its ID alone. Equal images and tags give equal bytes. Throws what the layers throw, and OciError
 * `corrupt` when a layer's tar is not as long as it said.
 */
export function writeDockerArchive(
  image: Image,
  tags: readonly string[],
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  return writeTar(members(image, tags, signal));
}

async function* members(
  image: Image,
  tags: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<TarWrite> {
  const configName = `${digestHex(image.configDigest)}.json`;
  const manifest = archiveManifest(configName, image.layers.map(layerName), tags);
  yield archiveDocument('manifest.json', canonicalJson([manifest]));
  yield archiveDocument(configName, image.rawConfig);
  const written = new Set<string>();
  for (const layer of image.layers) {
    if (written.has(layer.diffId)) continue;
    written.add(layer.diffId);
    const sizeBytes = await layerBytes(layer, signal);
    yield { entry: archiveFile(layerName(layer), sizeBytes), content: verifiedTar(layer, signal) };
  }
}

function layerName({ diffId }: Layer): string {
  return `${digestHex(diffId)}.tar`;
}
