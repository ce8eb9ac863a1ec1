import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { digestHex, digestOf } from '../formats/digest.ts';
import { listOf, objectOf, parseJson } from '../formats/json-shape.ts';
import type { Digest } from '../model/entry.ts';
import type { Image } from '../model/image.ts';
import { type HostPath, hostPath } from '../model/path.ts';
import type { Descriptor } from '../registry/descriptor.ts';
import { OCI_LAYER } from '../registry/media-types.ts';
import { verifiedTar } from '../sources/verified-tar.ts';
import { syncDirectory, writeFileAtomically } from './atomic-file.ts';
import { draftPath, removeStaleDrafts } from './drafts.ts';
import {
  indexEntry,
  LAYOUT_MARKER,
  REFERENCE_ANNOTATION,
  renderIndex,
  renderManifest,
} from './layout-documents.ts';

/**
 * Writes an image into an OCI layout directory (OCI image spec, "Image Layout"): a new one appears whole; in one that is
 * there images stay, one of the same `reference` is replaced, and index.json comes last. A failure leaves what was there
 * before. Layers are stored uncompressed, so equal images give equal manifests. Throws OciError `digest-mismatch` when a
 * layer's tar is not what its diffID says, `corrupt` when the directory has an index.json that is none.
 */
export async function writeOciLayout(
  image: Image,
  directory: HostPath,
  reference: string,
  signal?: AbortSignal,
): Promise<void> {
  if (await exists(directory)) {
    await addToLayout(image, directory, reference, signal);
    return;
  }
  const place = resolve(directory);
  await mkdir(dirname(place), { recursive: true });
  await removeStaleDrafts(dirname(place));
  const draft = hostPath(await draftPath(dirname(place)));
  try {
    await addToLayout(image, draft, reference, signal);
    await rename(draft, place);
    await syncDirectory(dirname(place));
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function addToLayout(
  image: Image,
  directory: HostPath,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true });
  const others = (await readIndex(directory)).filter((other) => referenceOf(other) !== reference);
  const added: string[] = [];
  const write = async (path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> => {
    if (!(await exists(path))) added.push(path);
    return await writeFileAtomically(path, chunks);
  };
  try {
    const layers: Descriptor[] = [];
    for (const layer of image.layers) {
      const size = await write(blobPath(directory, layer.diffId), verifiedTar(layer, signal));
      layers.push({ mediaType: OCI_LAYER, digest: layer.diffId, size });
    }
    const manifest = renderManifest(image, layers);
    for (const bytes of [image.rawConfig, manifest])
      await write(blobPath(directory, digestOf(bytes)), once(bytes));
    await write(join(directory, 'oci-layout'), once(LAYOUT_MARKER));
    signal?.throwIfAborted();
    const index = renderIndex([...others, indexEntry(image, manifest, reference)]);
    await writeFileAtomically(join(directory, 'index.json'), once(index));
  } catch (error) {
    for (const path of added) await rm(path, { force: true });
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function readIndex(directory: HostPath): Promise<readonly unknown[]> {
  const bytes = await readFile(join(directory, 'index.json')).catch(() => undefined);
  if (bytes === undefined) return [];
  return listOf(objectOf(parseJson(bytes, 'index.json'), 'index.json').manifests, 'manifests');
}

function referenceOf(descriptor: unknown): unknown {
  const { annotations } = objectOf(descriptor, 'a descriptor of index.json');
  return annotations === undefined || annotations === null
    ? undefined
    : objectOf(annotations, 'annotations')[REFERENCE_ANNOTATION];
}

function blobPath(directory: HostPath, digest: Digest): string {
  return join(directory, 'blobs/sha256', digestHex(digest));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
