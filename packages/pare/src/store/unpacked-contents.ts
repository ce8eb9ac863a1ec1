import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FileTree, HostPath, ImagePath, TreeEntry, TreeFile } from '@pare/oci';
import type { ImageParts } from '../ports/image-store.ts';
import { unpackedPlaces } from './layer-directories.ts';
import type { StoreLayout } from './store-layout.ts';
import { findUnpacker, type Unpacker } from './user-namespace.ts';

type TreeSymlink = Extract<TreeEntry, { readonly kind: 'symlink' }>;

/** Where the files of an image are on this machine. */
export interface UnpackedContents {
  /** Of each layer, lowest first. */
  readonly places: readonly HostPath[];
  readonly unpacker: Unpacker;
  /** Of a file or symlink among the paths that were asked for. */
  fileOf(entry: TreeEntry): string;
}

/**
 * Finds the files and symlinks of these paths; undefined where one is not where its layer was unpacked to. No name may lead there through a link: a
 * hostile layer could have the machine's own files taken.
 */
export async function findContents(
  layout: StoreLayout,
  { image, tree, paths }: ImageParts,
): Promise<UnpackedContents | undefined> {
  const unpacker = await findUnpacker();
  const places = await unpackedPlaces({ layout, unpacker }, image);
  if (places === undefined) return undefined;
  const fileOf = ({ layer, path }: TreeEntry) => `${places[layer] ?? ''}${path}`;
  return areThere(tree, paths, fileOf) ? { places, unpacker, fileOf } : undefined;
}

function areThere(tree: FileTree, paths: readonly ImagePath[], fileOf: UnpackedContents['fileOf']): boolean {
  const plain = new Map<string, boolean>();
  const isPlain = (directory: string): boolean => {
    const known = plain.get(directory);
    if (known !== undefined) return known;
    const found = realpathSync(directory) === directory;
    plain.set(directory, found);
    return found;
  };
  try {
    return paths.every((path) => {
      const entry = tree.get(path);
      if (entry?.kind !== 'file' && entry?.kind !== 'symlink') return true;
      // Names that are no UTF-8 are not worth a second way to write them.
      if (/[\udc80-\udcff]/.test(path)) return false;
      const file = fileOf(entry);
      return isPlain(dirname(file)) && isThere(file, entry);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}

function isThere(path: string, entry: TreeFile | TreeSymlink): boolean {
  if (entry.kind === 'symlink') return readlinkSync(path) === entry.target;
  const status = lstatSync(path);
  return status.isFile() && status.size === entry.sizeBytes;
}
