import type { LayerEntry } from './entry.ts';
import { IMAGE_ROOT, type ImagePath, parentOf } from './path.ts';

/** The entries of a layer, in the order of its tar. One that came out of a cache makes an entry when it is asked for. */
export interface LayerIndex {
  readonly paths: readonly ImagePath[];
  readonly kinds: readonly LayerEntry['kind'][];
  /**
   * Of a layer whose entries tell what it unpacks to: for each, where the directory that it stands in is in the index, or `AT_ROOT`.
   * Undefined when it must be unpacked to see that (`parentPlaces`).
   */
  readonly parents: Int32Array | undefined;
  /** `place` counts from 0; throws RangeError where nothing is. */
  entryAt(place: number): LayerEntry;
  /** All of them. */
  entries(): readonly LayerEntry[];
}

/** The root, in a layer that has no entry for it. */
export const AT_ROOT = -1;

/** The index of entries that are at hand. */
export function layerIndex(
  entries: readonly LayerEntry[],
  parents: Int32Array | undefined = parentPlaces(entries),
): LayerIndex {
  const entryAt = (place: number): LayerEntry => {
    const entry = entries[place];
    if (entry === undefined) throw new RangeError(`a layer has no entry ${place}`);
    return entry;
  };
  return {
    paths: entries.map(({ path }) => path),
    kinds: entries.map(({ kind }) => kind),
    parents,
    entryAt,
    entries: () => entries,
  };
}

/**
 * Where each entry's directory is, for a layer that has every path once, each directory before what is in it and each hardlink after its
 * target: engines write them so. Undefined for any other: names that come twice or lead through links tell what is there only once the
 * layer is unpacked.
 */
export function parentPlaces(entries: readonly LayerEntry[]): Int32Array | undefined {
  const directories = new Map<ImagePath, number>([[IMAGE_ROOT, AT_ROOT]]);
  const others = new Set<ImagePath>();
  const parents = new Int32Array(entries.length);
  for (const [place, entry] of entries.entries()) {
    const { kind, path } = entry;
    const parent = directories.get(kind === 'opaque' ? path : parentOf(path));
    if (parent === undefined) return undefined;
    parents[place] = parent;
    if (kind === 'opaque') continue;
    if (path === IMAGE_ROOT ? kind !== 'directory' || parent !== AT_ROOT : directories.has(path))
      return undefined;
    if (kind === 'whiteout') continue;
    if (others.has(path) || (kind === 'hardlink' && !others.has(entry.target))) return undefined;
    if (kind === 'directory') directories.set(path, place);
    else others.add(path);
  }
  return parents;
}
