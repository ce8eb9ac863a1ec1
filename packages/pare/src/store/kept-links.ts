import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest, HostPath, ImagePath } from '@pare/oci';
import * as v from 'valibot';
import type { ImageParts, LinkedDirectories, StageOptions } from '../ports/image-store.ts';
import { holdPlaces, linksNameOf, placeIn, type Unpacking } from './layer-directories.ts';
import { leasedPlaces, takeLease } from './leases.ts';
import type { StoreLayout } from './store-layout.ts';
import { takeLock } from './store-lock.ts';
import { makeTemporary, type Temporary } from './temporary.ts';
import { bootId, contentDirectory } from './unpack-layer.ts';
import { findUnpacker } from './user-namespace.ts';

const noteSchema = v.object({
  version: v.literal(1),
  /** Of the paths that are linked. */
  paths: v.string(),
  /** The boot in which they were linked (random(4), boot_id): links are not synced. */
  boot: v.string(),
});
const noteName = 'links.json';

/**
 * The links that were kept of an image's layers, where they are those of just these paths, and holds them. Undefined where they are not.
 * Throws the signal's reason.
 */
export async function findKeptLinks(
  layout: StoreLayout,
  parts: ImageParts,
  { onHandedOver, signal }: StageOptions,
): Promise<LinkedDirectories | undefined> {
  const unpacking = { layout, unpacker: await findUnpacker(), signal };
  const name = linksNameOf(diffIdsOf(parts));
  const place = placeIn(unpacking, name);
  const digest = digestOfPaths(parts.paths);
  if (!fits(place, digest)) return undefined;
  onHandedOver?.();
  const lease = await holdPlaces(unpacking, [name]);
  // Another may have come in its place before it was held.
  if (fits(place, digest)) return heldLinks(unpacking, parts, place, lease);
  await lease[Symbol.asyncDispose]();
  return undefined;
}

/**
 * Keeps links for the next build of the same image, which is likely to want the same, and holds them; those of before go. Undefined, with the
 * links left where they are, while somebody uses those of before.
 */
export async function keepLinks(
  unpacking: Unpacking,
  parts: ImageParts,
  made: Temporary,
): Promise<LinkedDirectories | undefined> {
  const { layout, unpacker, signal } = unpacking;
  const name = linksNameOf(diffIdsOf(parts));
  const place = placeIn(unpacking, name);
  const note = { version: 1, paths: digestOfPaths(parts.paths), boot: bootId() };
  writeFileSync(join(made.directory, noteName), JSON.stringify(note));
  await using old = await makeTemporary(layout.temporary);
  await using _lock = await takeLock(layout.lock, signal);
  const leased = join(unpacker.name, name);
  if ((await leasedPlaces(layout)).has(leased)) return undefined;
  moveAway(place, join(old.directory, 'old'));
  renameSync(made.directory, place);
  return heldLinks(unpacking, parts, place, await takeLease(layout, [leased]));
}

function heldLinks(
  { unpacker }: Unpacking,
  { paths }: ImageParts,
  place: HostPath,
  lease: AsyncDisposable,
): LinkedDirectories {
  return {
    directories: [contentDirectory(place)],
    userxattr: unpacker.kind === 'namespace',
    leftOut: [],
    paths: new Set(paths),
    [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose](),
  };
}

function diffIdsOf({ image }: ImageParts): readonly Digest[] {
  return image.layers.map(({ diffId }) => diffId);
}

/** Of their order, too. As UTF-16, so that no two names that are no UTF-8 are one. */
function digestOfPaths(paths: readonly ImagePath[]): string {
  return createHash('sha256').update(paths.join('\0'), 'utf16le').digest('hex');
}

function fits(place: HostPath, digest: string): boolean {
  try {
    const parsed = v.safeParse(noteSchema, JSON.parse(readFileSync(join(place, noteName), 'utf8')));
    return parsed.success && parsed.output.paths === digest && parsed.output.boot === bootId();
  } catch {
    // None, or one that a machine which went down left.
    return false;
  }
}

function moveAway(place: HostPath, to: string): void {
  try {
    renameSync(place, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
