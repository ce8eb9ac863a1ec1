import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type JsonObject, listOf, objectOf, parseJson } from '../formats/json-shape.ts';
import { OciError } from '../model/oci-error.ts';
import type { HostPath } from '../model/path.ts';
import { type BlobStore, directoryBlobStore, readDocument } from '../sources/blob-store.ts';

/** An index may hold indexes; more than this is nobody's image. */
const NESTING_LIMIT = 8;

/** What the index.json of a layout leads to. */
export interface NamedBlobs {
  /** Whether there is an index.json. */
  readonly indexed: boolean;
  /** The hex digits of every digest that it or one of its manifests names. */
  readonly blobs: ReadonlySet<string>;
}

/**
 * Finds the blobs of an OCI layout that somebody can get at from its index.json, through indexes and manifests of any kind. Throws OciError
 * `corrupt`, `hostile` or `too-large` where that cannot be told.
 */
export async function namedBlobs(directory: HostPath): Promise<NamedBlobs> {
  const documents = await readdir(directory);
  const blobs = await readdir(join(directory, 'blobs/sha256')).catch(() => []);
  const store = directoryBlobStore(
    directory,
    new Set([...documents, ...blobs.map((name) => `blobs/sha256/${name}`)]),
  );
  const found = new Set<string>();
  const indexed = store.has('index.json');
  if (indexed) await follow({ store, found }, 'index.json', NESTING_LIMIT);
  return { indexed, blobs: found };
}

interface Walk {
  readonly store: BlobStore;
  readonly found: Set<string>;
}

async function follow(walk: Walk, name: string, nesting: number): Promise<void> {
  if (nesting === 0) throw new OciError('hostile', `${walk.store.label} nests indexes too deep`);
  const document = objectOf(parseJson(await readDocument(walk.store, name), name), name);
  // OCI image spec: "Image Index", "Image Manifest"; `blobs` is of the artifact manifest that came and went.
  for (const value of [
    document.config,
    document.subject,
    ...membersOf(document, 'layers'),
    ...membersOf(document, 'blobs'),
  ])
    add(walk, value);
  for (const value of membersOf(document, 'manifests')) {
    const hex = add(walk, value);
    // An index may lack the manifests of platforms that were not fetched.
    if (hex !== undefined && walk.store.has(`blobs/sha256/${hex}`))
      await follow(walk, `blobs/sha256/${hex}`, nesting - 1);
  }
}

/** Gives the digits of a descriptor's digest the first time that it is met. */
function add({ found }: Walk, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  const { digest } = objectOf(value, 'a descriptor');
  const hex = typeof digest === 'string' ? /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1] : undefined;
  if (hex === undefined || found.has(hex)) return undefined;
  found.add(hex);
  return hex;
}

function membersOf(document: JsonObject, key: string): readonly unknown[] {
  return listOf(document[key], key);
}
