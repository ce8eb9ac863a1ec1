import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { digestHex, digestOf } from '../formats/digest.ts';
import { listOf, objectOf, parseJson } from '../formats/json-shape.ts';
import type { Digest } from '../model/entry.ts';
import type { Image } from '../model/image.ts';
import type { HostPath } from '../model/path.ts';
import type { Descriptor } from '../registry/descriptor.ts';
import { OCI_LAYER } from '../registry/media-types.ts';
import { verifiedTar } from '../sources/verified-tar.ts';
import { replaceFile, syncDirectory, writeNewFile } from './atomic-file.ts';
import { draftPath } from './draft-names.ts';
import { removeDraft, removeStaleDrafts } from './drafts.ts';
import { moveIntoLayout } from './layout-additions.ts';
import {
  type IndexEntry,
  indexEntry,
  LAYOUT_MARKER,
  REFERENCE_ANNOTATION,
  renderIndex,
  renderManifest,
} from './layout-documents.ts';
import { makeParents, nearestDirectory } from './parents.ts';
import { takeTurn } from './turns.ts';

/**
 * Writes an image into an OCI layout directory (OCI image spec, "Image Layout"): a new one appears whole; in one that is
 * there images stay, one of the same `reference` is replaced, and index.json comes last. A failure leaves what was there
 * before; what a kill leaves is a draft, which `removeDraft` takes back with all that it claims. Layers are stored uncompressed, so equal
 * images give equal manifests. Throws OciError `digest-mismatch` when a layer's tar is not what its diffID says, `corrupt` when the directory
 * has an index.json that is none.
 */
export async function writeOciLayout(
  image: Image,
  directory: HostPath,
  reference: string,
  signal?: AbortSignal,
): Promise<void> {
  const place = resolve(directory);
  const there = await exists(place);
  const parent = await nearestDirectory(place);
  await removeStaleDrafts(parent);
  // Before a layer is read for nothing.
  if (there) await readIndex(place);
  let draft = await draftPath(parent);
  try {
    await mkdir(join(draft, BLOBS), { recursive: true });
    const entry = indexEntry(image, await writeDraft(image, draft, signal), reference);
    signal?.throwIfAborted();
    if (!there && (await becomeLayout(draft, place, entry))) return;
    if (!there) draft = await moveDraft(draft, place);
    await addDraft(draft, place, entry, signal);
    await rm(draft, { recursive: true });
  } catch (error) {
    await removeDraft(draft);
    throw error;
  }
}

const INDEX = 'index.json';
const MARKER = 'oci-layout';
const BLOBS = 'blobs/sha256';

/** Writes all of a layout but its index, each blob once; gives the manifest. */
async function writeDraft(image: Image, draft: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const stored = new Map<Digest, Descriptor>();
  for (const layer of image.layers) {
    if (stored.has(layer.diffId)) continue;
    const size = await writeNewFile(blobPath(draft, layer.diffId), verifiedTar(layer, signal));
    stored.set(layer.diffId, { mediaType: OCI_LAYER, digest: layer.diffId, size });
  }
  const manifest = renderManifest(
    image,
    image.layers.flatMap(({ diffId }) => stored.get(diffId) ?? []),
  );
  for (const bytes of [image.rawConfig, manifest])
    await writeNewFile(blobPath(draft, digestOf(bytes)), once(bytes));
  await writeNewFile(join(draft, MARKER), once(LAYOUT_MARKER));
  return manifest;
}

/** Moves a draft to where no layout is yet; gives whether none was. */
async function becomeLayout(draft: string, place: string, entry: IndexEntry): Promise<boolean> {
  await replaceFile(join(draft, INDEX), once(renderIndex([entry])));
  await using _parents = await makeParents(place);
  try {
    await rename(draft, place);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process was faster (rename(2) gives either).
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await rm(join(draft, INDEX));
    return false;
  }
  await syncDirectory(dirname(place));
  return true;
}

/** A draft lies in the layout that it is added to. */
async function moveDraft(draft: string, place: string): Promise<string> {
  const inside = await draftPath(place);
  await rename(draft, inside);
  return inside;
}

/** Moves a draft's parts to their places in the layout around it, where nothing names them yet, and then names them in its index. */
async function addDraft(
  draft: string,
  place: string,
  entry: IndexEntry,
  signal: AbortSignal | undefined,
): Promise<void> {
  const blobs = (await readdir(join(draft, BLOBS))).map((name) => `${BLOBS}/${name}`);
  await using _turn = await takeTurn(place, signal);
  // Made aside: a directory is claimed by its inode before anybody sees it.
  const made = join(draft, 'directory');
  for (const name of ['blobs', BLOBS]) {
    if (await exists(join(place, name))) continue;
    await mkdir(made, { recursive: true });
    await moveIntoLayout(draft, made, name);
  }
  for (const name of [...blobs, MARKER]) await moveIntoLayout(draft, join(draft, name), name);
  await syncDirectory(join(place, BLOBS));
  const reference = referenceOf(entry);
  const others = (await readIndex(place)).filter((other) => referenceOf(other) !== reference);
  await replaceFile(join(place, INDEX), once(renderIndex([...others, entry])));
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}

async function readIndex(directory: string): Promise<readonly unknown[]> {
  const bytes = await readFile(join(directory, INDEX)).catch((error: NodeJS.ErrnoException) => {
    // One that cannot be read names images all the same.
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined) return [];
  return listOf(objectOf(parseJson(bytes, INDEX), INDEX).manifests, 'manifests');
}

function referenceOf(descriptor: unknown): unknown {
  const { annotations } = objectOf(descriptor, 'a descriptor of index.json');
  return annotations === undefined || annotations === null
    ? undefined
    : objectOf(annotations, 'annotations')[REFERENCE_ANNOTATION];
}

function blobPath(directory: string, digest: Digest): string {
  return join(directory, BLOBS, digestHex(digest));
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
