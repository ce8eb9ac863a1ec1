import type { TreeEntry } from '../model/file-tree.ts';
import type { ImagePath, PathOrder } from '../model/path.ts';

/** What a finished tree shows. The place of an entry is that of its path. */
export interface ShownTree {
  /** Sorted by their bytes. */
  readonly paths: readonly ImagePath[];
  readonly isBefore: PathOrder;
  readonly sizeBytes: number;
  /** The same object each time; undefined where no path is. */
  entryAt(place: number): TreeEntry | undefined;
  /** Every entry of a kind. */
  ofKind(kind: TreeEntry['kind']): readonly TreeEntry[];
}
