import { lstatSync, realpathSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FileTree,
  type HostPath,
  hostPath,
  type Image,
  type ImagePath,
  parentOf,
  planLinkedLayer,
  type TreeFile,
} from '@pare/oci';
import { PareError } from '../model/pare-error.ts';
import type { LayerDirectories } from '../ports/image-store.ts';
import { unpackedPlaces } from './layer-directories.ts';
import { runTool } from './run-tool.ts';
import type { StoreLayout } from './store-layout.ts';
import { makeTemporary } from './temporary.ts';
import { entryLimit, extractLayer } from './unpack-layer.ts';
import { findUnpacker } from './user-namespace.ts';

/** Where files come from, and what is made, in the temporary directory; names inside are those of the tar. */
const sources = '/l' as ImagePath;
const made = '/files' as ImagePath;

/**
 * Makes the directory that a layer with these paths of an image would be unpacked to, as hardlinks to the unpacked layers of that
 * image. Undefined where one of them is not unpacked, lacks a file, or cannot be linked to. Throws PareError `disk-full`.
 */
export async function linkLayer(
  layout: StoreLayout,
  parts: { readonly image: Image; readonly tree: FileTree; readonly paths: readonly ImagePath[] },
  signal: AbortSignal | undefined,
): Promise<LayerDirectories | undefined> {
  const unpacker = await findUnpacker();
  const places = await unpackedPlaces({ layout, unpacker }, parts.image);
  if (places === undefined || !isLinkable(parts, places)) return undefined;
  const temporary = await makeTemporary(layout.temporary);
  try {
    await mkdir(join(temporary.directory, sources));
    await mkdir(join(temporary.directory, made), { mode: 0o755 });
    for (const [index, place] of places.entries())
      await symlink(place, join(temporary.directory, sources, String(index)));
    const planned = await planLinkedLayer({
      ...parts,
      flavour: unpacker.kind,
      entryLimit,
      below: made,
      sourceOf: ({ layer, path }) => `${sources}/${layer}${path}` as ImagePath,
    });
    const what = `a slim image's layer`;
    await extractLayer(planned.tar, temporary.directory, { what, unpacker, signal });
    return {
      directories: [hostPath(join(temporary.directory, made))],
      userxattr: unpacker.kind === 'namespace',
      leftOut: planned.omissions,
      async [Symbol.asyncDispose]() {
        // Thousands of links: a program of its own keeps that off this thread. What it leaves is removed in the usual way.
        await runTool('rm', ['-rf', '--', temporary.directory]);
        await temporary[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await temporary[Symbol.asyncDispose]();
    // A layer that was removed meanwhile, or a file that has all the links that it can have (link(2), EMLINK).
    if (error instanceof PareError && error.code === 'engine-failed') return undefined;
    throw error;
  }
}

/**
 * Whether every file is where its layer was unpacked to. No name may lead there through a link: a hostile layer could have the
 * machine's own files linked to.
 */
function isLinkable(
  { tree, paths }: { readonly tree: FileTree; readonly paths: readonly ImagePath[] },
  places: readonly HostPath[],
): boolean {
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
      if (entry?.kind !== 'file') return true;
      const place = places[entry.layer];
      // Names that are no UTF-8 are not worth a second way to write them.
      if (place === undefined || /[\udc80-\udcff]/.test(path)) return false;
      return isPlain(join(place, parentOf(path))) && isThatFile(place + path, entry);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return false;
  }
}

function isThatFile(path: string, { sizeBytes }: TreeFile): boolean {
  const status = lstatSync(path);
  return status.isFile() && status.size === sizeBytes;
}
