import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import type { LayerIndex } from '../model/layer-index.ts';
import { decodeName, encodeName } from '../model/name.ts';
import type { ImagePath } from '../model/path.ts';
import { columnsOf, indexOfColumns, type RareParts } from './layer-columns.ts';

/*
 * A layer's index as bytes: a line with the format's name and version, a line with the lengths of the columns and a checksum,
 * and the columns: kinds (a byte each), numbers (little-endian doubles), paths and targets (joined by NUL), the places of the entries'
 * directories (little-endian 32-bit integers, or nothing), and the rare parts as JSON. Columns stay columns when they are read: entries
 * are made of them one by one.
 */

const FORMAT = 'pare-layer-index 2';
/** No path and no link target has it. */
const SEPARATOR = '\0';
const COLUMNS = 6;

/** Serializes a layer's index. `decodeLayerIndex` gives an equal one back. */
export function encodeLayerIndex(index: LayerIndex): Uint8Array {
  const { kinds, numbers, paths, targets, parents, rare } = columnsOf(index);
  const columns = [
    kinds,
    Buffer.from(littleEndian(Float64Array.from(numbers).buffer, 8)),
    encodeName(paths.join(SEPARATOR)),
    encodeName(targets.join(SEPARATOR)),
    Buffer.from(littleEndian(Int32Array.from(parents).buffer, 4)),
    Buffer.from(JSON.stringify(rare)),
  ];
  const body = Buffer.concat(columns);
  const lengths = columns.map(({ length }) => length).join(' ');
  return Buffer.concat([Buffer.from(`${FORMAT}\n${lengths} ${checksum(body)}\n`), body]);
}

/** Reads an index back; undefined for what is damaged, cut short or of another version: a cache then makes it anew. */
export function decodeLayerIndex(bytes: Uint8Array): LayerIndex | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    return indexOf(buffer);
  } catch (error) {
    // The checksum is no proof against somebody who makes one that fits.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function indexOf(buffer: Buffer): LayerIndex | undefined {
  const first = buffer.indexOf(0x0a);
  const second = buffer.indexOf(0x0a, first + 1);
  if (first === -1 || second === -1 || buffer.toString('latin1', 0, first) !== FORMAT) return undefined;
  const told = buffer.toString('latin1', first + 1, second).split(' ');
  const lengths = told.slice(0, -1).map(Number);
  const body = buffer.subarray(second + 1);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (lengths.length !== COLUMNS || total !== body.length || told.at(-1) !== checksum(body)) return undefined;
  let at = 0;
  const [kinds, numbers, paths, targets, parents, rare] = lengths.map((length) => {
    at += length;
    return body.subarray(at - length, at);
  });
  if (!kinds || !numbers || !paths || !targets || !parents || !rare) return undefined;
  if (numbers.length % 8 !== 0 || parents.length % 4 !== 0) return undefined;
  return indexOfColumns({
    kinds,
    paths: kinds.length === 0 ? [] : (decodeName(paths).split(SEPARATOR) as ImagePath[]),
    targets: decodeName(targets).split(SEPARATOR),
    numbers: new Float64Array(littleEndian(aligned(numbers), 8)),
    parents: new Int32Array(littleEndian(aligned(parents), 4)),
    rare: JSON.parse(rare.toString('utf8')) as RareParts,
  });
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
  return Uint8Array.from(column).buffer;
}

/** CRC-32 would do; zlib has it from Node 22.2 only, and SHA-1 in hardware is as fast. */
function checksum(body: Buffer): string {
  return createHash('sha1').update(body).digest('hex');
}
