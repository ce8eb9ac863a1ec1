import { digestHex, digestOf } from '../formats/digest.ts';
import { type TarWrite, writeTar } from '../formats/tar/tar-writer.ts';
import type { Digest } from '../model/entry.ts';
import type { Image } from '../model/image.ts';
import type { Descriptor } from '../registry/descriptor.ts';
import { OCI_LAYER } from '../registry/media-types.ts';
import { layerBytes } from '../sources/layer-bytes.ts';
import { verifiedTar } from '../sources/verified-tar.ts';
import { archiveDocument, archiveFile } from './archive-members.ts';
import { indexEntry, LAYOUT_MARKER, renderIndex, renderManifest } from './layout-documents.ts';

/**
 * Streams an image as an OCI layout in a tar (`oci-archive:` of skopeo and podman), layers uncompressed. Equal images and
 * references give equal bytes. Throws what the layers throw, and OciError `digest-mismatch` for a layer that is not what
 * its diffID says.
 */
export function writeOciArchive(
  image: Image,
  reference: string,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  return writeTar(members(image, reference, signal));
}

async function* members(
  image: Image,
  reference: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<TarWrite> {
  yield archiveDocument('oci-layout', LAYOUT_MARKER);
  const stored = new Map<Digest, Descriptor>();
  for (const layer of image.layers) {
    if (stored.has(layer.diffId)) continue;
    const size = await layerBytes(layer, signal);
    yield { entry: archiveFile(blobName(layer.diffId), size), content: verifiedTar(layer, signal) };
    stored.set(layer.diffId, { mediaType: OCI_LAYER, digest: layer.diffId, size });
  }
  const manifest = renderManifest(
    image,
    image.layers.flatMap(({ diffId }) => stored.get(diffId) ?? []),
  );
  yield archiveDocument(blobName(image.configDigest), image.rawConfig);
  yield archiveDocument(blobName(digestOf(manifest)), manifest);
  yield archiveDocument('index.json', renderIndex([indexEntry(image, manifest, reference)]));
}

function blobName(digest: Digest): string {
  return `blobs/sha256/${digestHex(digest)}`;
}
