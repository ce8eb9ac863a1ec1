import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import {
  type HostPath,
  IMAGE_ROOT,
  type Image,
  type ImagePath,
  isDirectlyBelow,
  parentOf,
  type TreeEntry,
  type TreeFile,
} from '@pare/oci';
import { createTurns, type Turn } from '../model/event-loop-turn.ts';
import type { ImageParts } from '../ports/image-store.ts';
import { unpackedPlaces } from './layer-directories.ts';
import type { StoreLayout } from './store-layout.ts';
import { findUnpacker, type Unpacker } from './user-namespace.ts';

/** Files that are looked for before whoever shares the thread may come to their turn: a fraction of a millisecond. */
const looksUntilTurn = 16;

/** Names that are no UTF-8 are not worth a second way to write them. */
const hasOtherBytes = /[\udc80-\udcff]/;

type TreeSymlink = Extract<TreeEntry, { readonly kind: 'symlink' }>;

/** Where the files of an image are on this machine. */
export interface UnpackedContents {
  /** Of each layer, lowest first. */
  readonly places: readonly HostPath[];
  readonly unpacker: Unpacker;
  /** Of a file or symlink among the paths that were asked for. */
  fileOf(entry: TreeEntry): string;
}

/** What was found of one view of an image, so that nobody looks twice. */
export interface FoundContents {
  /** Where its layers are. */
  at: Pick<UnpackedContents, 'places' | 'unpacker'> | undefined;
  /** Paths whose file or symlink is there. */
  readonly paths: Set<ImagePath>;
  /** Directories of this machine, and whether no link leads there. */
  readonly plain: Map<string, boolean>;
}

/**
 * Finds the files and symlinks of these paths; undefined where one is not where its layer was unpacked to. No name may lead there through a link: a
 * hostile layer could have the machine's own files taken. What is `found` is not looked for again, and more is added to it.
 */
export async function findContents(
  layout: StoreLayout,
  { image, tree, paths }: ImageParts,
  found: FoundContents,
  turn: Turn = createTurns(),
): Promise<UnpackedContents | undefined> {
  return looking(layout, image, found, async ({ fileOf }) => {
    let looked = 0;
    for (const path of paths) {
      if (found.paths.has(path)) continue;
      if (looked % looksUntilTurn === 0) await turn();
      looked += 1;
      const entry = tree.get(path);
      if (
        (entry?.kind === 'file' || entry?.kind === 'symlink') &&
        !(isPlainlyIn(entry, fileOf(entry), found) && isThere(fileOf(entry), entry))
      )
        return false;
      found.paths.add(path);
    }
    return true;
  });
}

/**
 * `findContents` for who reads the files alone, and opens each as it is there, without following a link, and as its layer said
 * (`openContent`): only the directories on the way are looked at.
 */
export async function findReadable(
  layout: StoreLayout,
  { image, tree, paths }: ImageParts,
  found: FoundContents,
  turn: Turn = createTurns(),
): Promise<UnpackedContents | undefined> {
  return looking(layout, image, found, async ({ fileOf }) => {
    let layer: number | undefined;
    let directory = IMAGE_ROOT;
    for (const path of paths) {
      const entry = tree.get(path);
      if (entry?.kind !== 'file') continue;
      // What stands in one directory comes together.
      if (entry.layer === layer && isDirectlyBelow(path, directory) && !hasOtherBytes.test(path)) continue;
      await turn();
      if (!isPlainlyIn(entry, fileOf(entry), found)) return false;
      layer = entry.layer;
      directory = parentOf(path);
    }
    return true;
  });
}

async function looking(
  layout: StoreLayout,
  image: Image,
  found: FoundContents,
  isAllThere: (contents: UnpackedContents) => Promise<boolean>,
): Promise<UnpackedContents | undefined> {
  found.at ??= await findLayers(layout, image);
  if (found.at === undefined) return undefined;
  const { places, unpacker } = found.at;
  const fileOf = ({ layer, path }: TreeEntry) => `${places[layer] ?? ''}${path}`;
  const contents = { places, unpacker, fileOf };
  try {
    return (await isAllThere(contents)) ? contents : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return undefined;
  }
}

async function findLayers(layout: StoreLayout, image: Image): Promise<FoundContents['at']> {
  const unpacker = await findUnpacker();
  const places = unpackedPlaces({ layout, unpacker }, image);
  return places === undefined ? undefined : { places, unpacker };
}

/** Whether a name leads where the layer was unpacked to without a link on the way. */
function isPlainlyIn(entry: TreeFile | TreeSymlink, file: string, { plain }: FoundContents): boolean {
  if (hasOtherBytes.test(entry.path)) return false;
  const directory = file.slice(0, file.lastIndexOf('/'));
  return isPlain(directory, file.slice(0, -entry.path.length), plain);
}

/** Whether no link leads to a directory of a layer that was unpacked to `place`. */
function isPlain(directory: string, place: string, plain: FoundContents['plain']): boolean {
  const known = plain.get(directory);
  if (known !== undefined) return known;
  const is =
    directory === place
      ? realpathSync.native(directory) === directory
      : isPlain(directory.slice(0, directory.lastIndexOf('/')), place, plain) &&
        lstatSync(directory).isDirectory();
  plain.set(directory, is);
  return is;
}

function isThere(path: string, entry: TreeFile | TreeSymlink): boolean {
  if (entry.kind === 'symlink') return readlinkSync(path) === entry.target;
  const status = lstatSync(path);
  return status.isFile() && status.size === entry.sizeBytes;
}
