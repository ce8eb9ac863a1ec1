import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, type HostPath, hostPath, type Image, layerFromTree, planOverlayJoin } from '@pare/oci';
import type { LayerDirectories } from '../ports/image-store.ts';
import { takeLease } from './leases.ts';
import { hexOf, type StoreLayout } from './store-layout.ts';
import { takeLock } from './store-lock.ts';
import { makeTemporary } from './temporary.ts';
import { contentDirectory, type LayerNote, readLayerNote, unpackLayer } from './unpack-layer.ts';
import { findUnpacker, type Unpacker } from './user-namespace.ts';

/** What it takes to unpack layers. */
export interface Unpacking {
  readonly layout: StoreLayout;
  readonly unpacker: Unpacker;
  readonly signal: AbortSignal | undefined;
}

/** The name of a layer's place, of any unpacker's. */
export function placeNameOf(diffId: Digest): string {
  return hexOf(diffId);
}

/** The name of the place of what joins a chain of layers. */
export function joinNameOf(diffIds: readonly Digest[]): string {
  return `join-${chainOf(diffIds)}`;
}

/** The name of the place of links to what is kept of a chain of layers. */
export function linksNameOf(diffIds: readonly Digest[]): string {
  return `links-${chainOf(diffIds)}`;
}

function chainOf(diffIds: readonly Digest[]): string {
  return createHash('sha256').update(diffIds.join('\n')).digest('hex');
}

/** Where a layer is unpacked by this process's kind of unpacker. */
export function placeIn({ layout, unpacker }: Omit<Unpacking, 'signal'>, name: string): HostPath {
  return hostPath(join(layout.layers, unpacker.name, name));
}

/** Where layers are unpacked that this process can read itself, by diffID. */
export async function findUnpacked(
  layout: StoreLayout,
  diffIds: readonly Digest[],
): Promise<ReadonlyMap<string, HostPath>> {
  const found = new Map<string, HostPath>();
  // Files of subordinate IDs are closed to a process outside of their namespace.
  if (process.getuid?.() !== 0) return found;
  const unpacker = await findUnpacker();
  for (const diffId of diffIds) {
    const place = placeIn({ layout, unpacker }, placeNameOf(diffId));
    if (readLayerNote(place) !== undefined) found.set(diffId, contentDirectory(place));
  }
  return found;
}

/** What is known of an image's layers, lowest first; undefined for one that is not unpacked. */
export async function layerNotes(
  layout: StoreLayout,
  image: Image,
): Promise<readonly (LayerNote | undefined)[]> {
  const unpacking = { layout, unpacker: await findUnpacker() };
  return image.layers.map(({ diffId }) => readLayerNote(placeIn(unpacking, placeNameOf(diffId))));
}

/** The directories of an image's layers, lowest first; undefined where one is not unpacked. */
export function unpackedPlaces(
  unpacking: Omit<Unpacking, 'signal'>,
  image: Image,
): readonly HostPath[] | undefined {
  const places = image.layers.map(({ diffId }) => placeIn(unpacking, placeNameOf(diffId)));
  return places.every((place) => readLayerNote(place) !== undefined)
    ? places.map(contentDirectory)
    : undefined;
}

/** Unpacks what is not unpacked yet of an image, and holds it. Throws PareError and OciError. */
export async function unpackImage(
  layout: StoreLayout,
  image: Image,
  signal: AbortSignal | undefined,
): Promise<LayerDirectories> {
  const unpacking = { layout, unpacker: await findUnpacker(), signal };
  const diffIds = image.layers.map(({ diffId }) => diffId);
  const names = [...diffIds.map(placeNameOf), joinNameOf(diffIds)];
  const lease = await holdPlaces(unpacking, names);
  try {
    const layers: { readonly place: HostPath; readonly note: LayerNote }[] = [];
    for (const layer of image.layers) {
      const place = placeIn(unpacking, placeNameOf(layer.diffId));
      const note = readLayerNote(place) ?? (await unpack(unpacking, layer, place));
      layers.push({ place, note });
    }
    // overlayfs does not look for an opaque mark on a layer's root: what such a layer hides is left away.
    const seen = layers.slice(
      Math.max(
        0,
        layers.findLastIndex(({ note }) => note.opaqueRoot),
      ),
    );
    if (layers.length === 0 || layers.some(({ note }) => note.needsJoin))
      seen.push(await joinLayers(unpacking, image, joinNameOf(diffIds)));
    const filled = seen.filter(({ note }) => !note.isEmpty);
    const stack = filled.length > 0 ? filled : seen.slice(-1);
    return {
      directories: stack.map(({ place }) => contentDirectory(place)),
      userxattr: unpacking.unpacker.kind === 'namespace',
      leftOut: seen.flatMap(({ note }) => note.leftOut),
      [Symbol.asyncDispose]: () => lease[Symbol.asyncDispose](),
    };
  } catch (error) {
    await lease[Symbol.asyncDispose]();
    throw error;
  }
}

/** Holds places that others must leave as they are. Under the lock, so that no collector is between looking for leases and removing. */
export async function holdPlaces({ layout, unpacker, signal }: Unpacking, names: readonly string[]) {
  await using _lock = await takeLock(layout.lock, signal);
  return await takeLease(
    layout,
    names.map((name) => join(unpacker.name, name)),
  );
}

function unpack({ layout, unpacker, signal }: Unpacking, layer: Image['layers'][number], place: HostPath) {
  return unpackLayer(layer, place, { unpacker, temporary: layout.temporary, signal });
}

/** One more directory, for what no layer alone can say; of an image without layers it is the only one. */
async function joinLayers(unpacking: Unpacking, image: Image, name: string) {
  const place = placeIn(unpacking, name);
  const known = readLayerNote(place);
  if (known !== undefined) return { place, note: known };
  const { layout, signal } = unpacking;
  await using temporary = await makeTemporary(layout.temporary);
  const { tree, paths } = await planOverlayJoin(image, signal);
  const layer = await layerFromTree(tree, paths, hostPath(join(temporary.directory, 'join.tar')), signal);
  return { place, note: await unpack(unpacking, layer, place) };
}

/** Makes the directory of unpacked layers, which nobody else may enter: there are set-uid programs in it. */
export async function makeLayersDirectory({ layers }: StoreLayout): Promise<void> {
  await mkdir(layers, { recursive: true, mode: 0o700 });
}
