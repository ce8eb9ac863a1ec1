import { readFile } from 'node:fs/promises';
import { canonicalJson, type Digest, parseDigest } from '@pare/oci';
import * as v from 'valibot';
import { PareError } from '../model/pare-error.ts';
import { writeDurably } from './durable-file.ts';
import { draftFile, type StoreLayout } from './store-layout.ts';

/** One line of the store's index.json: an image manifest, under one tag or none. */
export interface IndexEntry {
  readonly manifest: Digest;
  readonly manifestBytes: number;
  readonly mediaType: string;
  readonly tag: string | undefined;
}

const referenceAnnotation = 'org.opencontainers.image.ref.name';

const schema = v.object({
  manifests: v.array(
    v.object({
      mediaType: v.string(),
      digest: v.string(),
      size: v.number(),
      annotations: v.optional(v.record(v.string(), v.string())),
    }),
  ),
});

/** Reads the index; a store without one is empty. Throws PareError `image-invalid`. */
export async function readStoreIndex({ index }: StoreLayout): Promise<readonly IndexEntry[]> {
  const text = await readFile(index, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{"manifests":[]}';
    // A directory is no index.
    if (error.code === 'EISDIR') return '';
    throw error;
  });
  try {
    const { manifests } = v.parse(schema, JSON.parse(text));
    return manifests.map(({ mediaType, digest, size, annotations }) => ({
      manifest: parseDigest(digest, 'a manifest'),
      manifestBytes: size,
      mediaType,
      tag: annotations?.[referenceAnnotation],
    }));
  } catch (cause) {
    throw new PareError('image-invalid', `${index} is no index of an image store`, {
      hint: `move ${index} away to begin anew; blobs stay until pare gc`,
      cause,
    });
  }
}

/** Replaces the index. To be called by the holder of the lock alone. */
export async function writeStoreIndex(layout: StoreLayout, entries: readonly IndexEntry[]): Promise<void> {
  const manifests = entries.map(({ manifest, manifestBytes, mediaType, tag }) => ({
    mediaType,
    digest: manifest,
    size: manifestBytes,
    ...(tag === undefined ? {} : { annotations: { [referenceAnnotation]: tag } }),
  }));
  const document = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests,
  };
  await writeDurably(layout.index, canonicalJson(document), await draftFile(layout));
}

/** The entries after `tags` came to stand for an image, which keeps a line of its own where it has no tag. */
export function withTags(
  entries: readonly IndexEntry[],
  image: Omit<IndexEntry, 'tag'>,
  tags: readonly string[],
): readonly IndexEntry[] {
  const rest = entries.filter(({ tag }) => tag === undefined || !tags.includes(tag));
  const added = tags.map((tag) => ({ ...image, tag }));
  // An image that loses its last tag to this one stays, by its ID.
  const orphans = entries.filter(({ tag }) => tag !== undefined && tags.includes(tag));
  return tidy([...rest, ...added, ...[image, ...orphans].map((entry) => ({ ...entry, tag: undefined }))]);
}

/** The entries without one tag; its image stays. */
export function withoutTag(entries: readonly IndexEntry[], tag: string): readonly IndexEntry[] {
  return tidy(entries.map((entry) => (entry.tag === tag ? { ...entry, tag: undefined } : entry)));
}

/** The entries without some images; one that is held stays, without a tag. */
export function withoutImages(
  entries: readonly IndexEntry[],
  manifests: ReadonlySet<Digest>,
  isHeld: (manifest: Digest) => boolean,
): readonly IndexEntry[] {
  const left = entries.filter(({ manifest }) => !manifests.has(manifest) || isHeld(manifest));
  return tidy(left.map((entry) => (manifests.has(entry.manifest) ? { ...entry, tag: undefined } : entry)));
}

/** A line without a tag only for an image that has no other, and once. */
function tidy(entries: readonly IndexEntry[]): readonly IndexEntry[] {
  const tagged = new Set(entries.filter(({ tag }) => tag !== undefined).map(({ manifest }) => manifest));
  const seen = new Set<Digest>();
  return entries.filter(({ tag, manifest }) => {
    if (tag !== undefined) return true;
    if (tagged.has(manifest) || seen.has(manifest)) return false;
    seen.add(manifest);
    return true;
  });
}
