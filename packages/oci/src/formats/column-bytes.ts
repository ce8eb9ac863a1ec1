import { Buffer } from 'node:buffer';
import { endianness } from 'node:os';
import type { ImagePath } from '../model/path.ts';
import type { Columns, RareParts } from './entry-columns.ts';

/** No path and no link target has it. */
const SEPARATOR = '\0';
const NOT_ASCII = /[^\0-\x7f]/;
/** How many columns of bytes entries take. */
export const ENTRY_COLUMNS = 5;

/** Names by their places: those that are not ASCII. */
type OddNames = Record<string, string>;

/** Rare parts, and the names that are. */
interface StoredRareParts extends RareParts {
  readonly paths: OddNames;
  readonly targets: OddNames;
}

/**
 * The columns of entries as bytes: kinds (a byte each), numbers (little-endian doubles), paths and targets (joined by NUL), and the rare
 * parts as JSON. Names that are not ASCII are among the rare parts: one of them would double what all the others take in V8's memory.
 */
export function columnBytes({ kinds, numbers, paths, targets, rare }: Columns): readonly Uint8Array[] {
  const stored: StoredRareParts = { ...rare, paths: {}, targets: {} };
  return [
    kinds,
    Buffer.from(littleEndian(numbers.slice().buffer, 8)),
    nameBytes(paths, stored.paths),
    nameBytes(targets, stored.targets),
    Buffer.from(JSON.stringify(stored)),
  ];
}

/** Columns, and what they were made of. */
interface StoredColumns extends Columns {
  readonly kinds: Buffer;
  /** The paths that are ASCII, joined by NUL, each other one empty. */
  readonly pathText: string;
  readonly rare: StoredRareParts;
}

/** Reads columns back. Throws SyntaxError, TypeError and RangeError on what `columnBytes` never gives. */
export function columnsOfBytes([kinds, numbers, paths, targets, rest]: readonly Buffer[]): StoredColumns {
  if (!kinds || !numbers || !paths || !targets || !rest) throw new TypeError('a column is missing');
  const rare = JSON.parse(rest.toString()) as StoredRareParts;
  const pathText = paths.toString('latin1');
  return {
    kinds,
    pathText,
    numbers: new Float64Array(littleEndian(aligned(numbers), 8)),
    paths: (kinds.length === 0 ? [] : namesOf(pathText, rare.paths)) as ImagePath[],
    targets: namesOf(targets.toString('latin1'), rare.targets),
    rare,
  };
}

/** Integers as bytes. */
export function integerBytes(column: Int32Array): Uint8Array {
  return Buffer.from(littleEndian(column.slice().buffer, 4));
}

/** Integers of bytes. Throws RangeError on a part of one. */
export function integersOf(bytes: Buffer): Int32Array {
  return new Int32Array(littleEndian(aligned(bytes), 4));
}

function nameBytes(names: readonly string[], odd: OddNames): Uint8Array {
  const plain = names.map((name, place) => {
    if (!NOT_ASCII.test(name)) return name;
    odd[place] = name;
    return '';
  });
  return Buffer.from(plain.join(SEPARATOR), 'latin1');
}

function namesOf(text: string, odd: OddNames): string[] {
  const names = text.split(SEPARATOR);
  for (const [place, name] of Object.entries(odd)) {
    if (typeof name !== 'string' || names[Number(place)] !== '') throw new TypeError('a name of no place');
    names[Number(place)] = name;
  }
  return names;
}

/** Between this machine's byte order and the format's, in place. */
function littleEndian(column: ArrayBuffer, width: 4 | 8): ArrayBuffer {
  if (endianness() === 'LE') return column;
  if (width === 4) Buffer.from(column).swap32();
  else Buffer.from(column).swap64();
  return column;
}

/** A copy: typed arrays must be aligned, and a column begins anywhere. */
function aligned(column: Buffer): ArrayBuffer {
  return new Uint8Array(column).buffer;
}
