import { Buffer } from 'node:buffer';
import {
  columnBytes,
  columnsOfBytes,
  ENTRY_COLUMNS,
  integerBytes,
  integersOf,
} from '../formats/column-bytes.ts';
import { decodeColumnFile, encodeColumnFile, orUndefined } from '../formats/column-file.ts';
import { columnsOf, entryMaker, kindCode } from '../formats/entry-columns.ts';
import { entryRoom } from '../model/entry-room.ts';
import type { FileTree, TreeEntry } from '../model/file-tree.ts';
import type { Layer } from '../model/image.ts';
import { IMAGE_ROOT, type ImagePath, orderOf } from '../model/path.ts';
import { treeEntry } from '../model/tree-entry.ts';
import { fileTreeOf } from './file-tree.ts';
import type { ShownTree } from './shown-tree.ts';

/*
 * A merged tree as bytes: the columns of its entries in their order, the layer of each (little-endian 32-bit integers), and the rest as
 * JSON. Nothing is done for each path when it is read back.
 */

const FORMAT = 'pare-file-tree 1';
/** A code (`kindCode`) that no kind of a tree has. */
const NO_KIND = new RegExp(`[^\\0-${String.fromCharCode(kindCode('hardlink') - 1)}]`);
const NO_NAMES: readonly ImagePath[] = [];
/** In names that NUL stands before: one that is not absolute, or has a segment that is empty or leads elsewhere. */
const HOSTILE = /\0[^/\0]|\/\.{0,2}(?:[/\0]|$)/;

interface Rest {
  readonly sizeBytes: number;
  /** The places of each file's names, of those that have several. */
  readonly links: readonly (readonly number[])[];
}

/** Serializes a tree. `decodeFileTree` gives an equal one back. */
export function encodeFileTree(tree: FileTree): Uint8Array {
  const entries = [...tree.entries()];
  const rest: Rest = {
    sizeBytes: tree.sizeBytes,
    links: entries.flatMap((entry) =>
      entry.kind === 'file' && entry.names[0] === entry.path
        ? [entry.names.map((name) => tree.placeOf(name) ?? -1)]
        : [],
    ),
  };
  return encodeColumnFile(FORMAT, [
    ...columnBytes(columnsOf(entries)),
    integerBytes(Int32Array.from(entries, ({ layer }) => layer)),
    Buffer.from(JSON.stringify(rest)),
  ]);
}

/** What is in a file. */
interface Parts {
  readonly columns: ReturnType<typeof columnsOfBytes>;
  readonly layers: Int32Array;
  readonly rest: Rest;
}

/**
 * Reads the tree of an image with these layers back; `turn` is awaited now and then. Undefined for what is damaged, cut short, of another
 * version or no such tree, also where somebody meant it to be: no name leads out of the image, no place out of the tree.
 */
export async function decodeFileTree(
  bytes: Uint8Array,
  layers: readonly Layer[],
  turn: () => Promise<void> = async () => {},
): Promise<FileTree | undefined> {
  const columns = decodeColumnFile(FORMAT, ENTRY_COLUMNS + 2, bytes);
  if (columns === undefined) return undefined;
  await turn();
  const parts = orUndefined(() => partsOf(columns));
  if (parts === undefined) return undefined;
  await turn();
  const shown = orUndefined(() => (isTree(parts) ? shownTreeOf(parts, layers.length) : undefined));
  await turn();
  return shown === undefined ? undefined : fileTreeOf(shown, layers);
}

function partsOf(bytes: readonly Buffer[]): Parts {
  return {
    columns: columnsOfBytes(bytes),
    layers: integersOf(bytes[ENTRY_COLUMNS] ?? Buffer.alloc(0)),
    rest: JSON.parse(`${bytes[ENTRY_COLUMNS + 1]}`) as Rest,
  };
}

function isTree({ columns: { paths, pathText, kinds, rare }, layers, rest }: Parts): boolean {
  const odd = Object.values(rare.paths);
  return (
    paths[0] === IMAGE_ROOT &&
    kinds[0] === kindCode('directory') &&
    layers.length === paths.length &&
    paths.length <= entryRoom() &&
    typeof rest.sizeBytes === 'number' &&
    !NO_KIND.test(kinds.toString('latin1')) &&
    !(paths as readonly string[]).includes('') &&
    // What stands behind the root's slash begins with NUL.
    !HOSTILE.test(pathText.slice(1)) &&
    !odd.some((path) => path.includes('\0') || HOSTILE.test(`\0${path}`))
  );
}

function shownTreeOf({ columns, layers, rest }: Parts, layerCount: number): ShownTree {
  const { paths, kinds, rare } = columns;
  const told = entryMaker(columns);
  const names = namesOf(rest.links, paths);
  const made = new Array<TreeEntry | undefined>(paths.length);
  const make = (place: number, path: ImagePath): TreeEntry => {
    const layer = layers[place] ?? 0;
    // Nobody looks for a file in a layer that there is not.
    const known = layer >= 0 && layer < layerCount ? layer : 0;
    const entry = treeEntry(told(place), path, known, names.get(place) ?? NO_NAMES);
    made[place] = entry;
    return entry;
  };
  const entryAt = (place: number): TreeEntry | undefined => {
    const path = paths[place];
    return path === undefined ? undefined : (made[place] ?? make(place, path));
  };
  return {
    paths,
    isBefore: orderOf(Object.values(rare.paths)),
    sizeBytes: rest.sizeBytes,
    entryAt,
    ofKind(kind) {
      const found: TreeEntry[] = [];
      const code = kindCode(kind);
      for (let place = kinds.indexOf(code); place !== -1; place = kinds.indexOf(code, place + 1)) {
        const entry = entryAt(place);
        if (entry !== undefined) found.push(entry);
      }
      return found;
    },
  };
}

/** All names of each file that has several, by the place of each. */
function namesOf(
  links: Rest['links'],
  paths: readonly ImagePath[],
): ReadonlyMap<number, readonly ImagePath[]> {
  const names = new Map<number, readonly ImagePath[]>();
  for (const places of links) {
    const all = places.map((place) => {
      const path = paths[place];
      if (path === undefined) throw new TypeError('a name of no place');
      return path;
    });
    for (const place of places) names.set(place, all);
  }
  return names;
}
