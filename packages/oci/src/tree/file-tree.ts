import { Buffer } from 'node:buffer';
import type { FileTree, TreeEntry, TreeFile } from '../model/file-tree.ts';
import type { Layer } from '../model/image.ts';
import { OciError } from '../model/oci-error.ts';
import { IMAGE_ROOT, type ImagePath } from '../model/path.ts';
import { createResolver } from './resolve-path.ts';
import type { ShownTree } from './shown-tree.ts';

const READ_LIMIT_BYTES = 16 * 1024 * 1024;
/** The character behind the slash: of what begins with a directory's path, this is the first that is not below it. */
const AFTER_SLASH = '0';

/** A finished tree as a read-only view. */
export function fileTreeOf(shown: ShownTree, layers: readonly Layer[]): FileTree {
  const { paths, sizeBytes, entryAt, ofKind } = shown;
  /** Children of the directories that were asked for: those are asked for again. */
  const lists = new Map<ImagePath, readonly ImagePath[]>();
  let places: ReadonlyMap<ImagePath, number> | undefined;
  let entries: readonly TreeEntry[] | undefined;
  const placeOf = (path: ImagePath): number | undefined => {
    places ??= placesOf(paths);
    return places.get(path);
  };
  const get = (path: ImagePath): TreeEntry | undefined => {
    const place = placeOf(path);
    return place === undefined ? undefined : entryAt(place);
  };
  const open: FileTree['open'] = (file, range) => {
    const layer = layers[file.layer];
    if (layer === undefined)
      throw new OciError('not-found', `${file.path} is of layer ${file.layer}, which is not there`);
    return layer.open(file, range);
  };
  return {
    size: paths.length,
    sizeBytes,
    paths,
    get,
    placeOf,
    entryAt,
    ofKind,
    resolve: createResolver(get),
    entries() {
      entries ??= entriesBetween(shown, 0, paths.length);
      return entries;
    },
    list(path) {
      const list = lists.get(path) ?? childrenOf(shown, path);
      lists.set(path, list);
      return list;
    },
    below: (path) => entriesBetween(shown, ...rangeBelow(shown, path)),
    open,
    read: (file, limitBytes = READ_LIMIT_BYTES) => readWhole(file, open, limitBytes),
  };
}

function placesOf(paths: readonly ImagePath[]): ReadonlyMap<ImagePath, number> {
  const places = new Map<ImagePath, number>();
  for (let place = 0; place < paths.length; place += 1) places.set(paths[place] ?? IMAGE_ROOT, place);
  return places;
}

function entriesBetween({ entryAt }: ShownTree, start: number, end: number): readonly TreeEntry[] {
  const entries: TreeEntry[] = [];
  for (let place = start; place < end; place += 1) {
    const entry = entryAt(place);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/** What is below a directory stands together, and what is below a child stands together behind it. */
function childrenOf(shown: ShownTree, directory: ImagePath): readonly ImagePath[] {
  const { paths } = shown;
  const [start, end] = rangeBelow(shown, directory);
  const nameAt = directory === IMAGE_ROOT ? 1 : directory.length + 1;
  const children: ImagePath[] = [];
  for (let at = start; at < end; ) {
    const path = paths[at] ?? directory;
    const slash = path.indexOf('/', nameAt);
    if (slash === -1) {
      children.push(path);
      at += 1;
    } else at = firstAtLeast(shown, `${path.slice(0, slash)}${AFTER_SLASH}`, at);
  }
  return children;
}

/** Where the entries below a directory begin and end. */
function rangeBelow(shown: ShownTree, directory: ImagePath): readonly [start: number, end: number] {
  if (directory === IMAGE_ROOT) return [1, shown.paths.length];
  const start = firstAtLeast(shown, `${directory}/`, 0);
  return [start, firstAtLeast(shown, `${directory}${AFTER_SLASH}`, start)];
}

function firstAtLeast({ paths, isBefore }: ShownTree, path: string, from: number): number {
  let low = from;
  let high = paths.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(paths[middle] ?? IMAGE_ROOT, path)) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function readWhole(file: TreeFile, open: FileTree['open'], limitBytes: number): Promise<Uint8Array> {
  if (file.sizeBytes > limitBytes) {
    throw new OciError(
      'too-large',
      `${file.path} has ${file.sizeBytes} bytes, more than the ${limitBytes} that are read whole`,
    );
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of open(file)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
