import type { LayerEntry } from '../model/entry.ts';
import type { LayerIndex } from '../model/layer-index.ts';
import { columnBytes, columnsOfBytes, ENTRY_COLUMNS, integerBytes, integersOf } from './column-bytes.ts';
import { decodeColumnFile, encodeColumnFile, orUndefined } from './column-file.ts';
import { columnsOf, entryMaker, kindOfCode } from './entry-columns.ts';

/*
 * A layer's index as bytes: the columns of its entries, and the places of the entries' directories (or nothing). Columns stay columns
 * when they are read: entries are made of them one by one.
 */

const FORMAT = 'pare-layer-index 3';

/** Serializes a layer's index. `decodeLayerIndex` gives an equal one back. */
export function encodeLayerIndex(index: LayerIndex): Uint8Array {
  return encodeColumnFile(FORMAT, [
    ...columnBytes(columnsOf(index.entries())),
    integerBytes(index.parents ?? new Int32Array()),
  ]);
}

/** Reads an index back; undefined for what is damaged, cut short or of another version: a cache then makes it anew. */
export function decodeLayerIndex(bytes: Uint8Array): LayerIndex | undefined {
  const columns = decodeColumnFile(FORMAT, ENTRY_COLUMNS + 1, bytes);
  return columns === undefined ? undefined : orUndefined(() => indexOf(columns));
}

function indexOf(bytes: readonly Buffer[]): LayerIndex {
  const columns = columnsOfBytes(bytes);
  const { paths } = columns;
  const entryAt = entryMaker(columns);
  const parents = integersOf(bytes[ENTRY_COLUMNS] ?? Buffer.alloc(0));
  return {
    paths,
    kinds: Array.from(columns.kinds, kindOf),
    parents: parents.length === paths.length ? parents : undefined,
    entryAt,
    entries: () => paths.map((_, place) => entryAt(place)),
  };
}

function kindOf(code: number): LayerEntry['kind'] {
  const kind = kindOfCode(code);
  if (kind === undefined) throw new TypeError('an unknown kind');
  return kind;
}
