import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { endianness } from 'node:os';
import type { ContentLocation, LayerEntry, SparseSegment, Timestamp } from '../model/entry.ts';
import { decodeName, encodeName } from '../model/name.ts';
import type { ImagePath } from '../model/path.ts';

/*
 * A layer's entries as bytes: a line with the format's name and version, a line with the lengths of the columns and a checksum,
 * and the columns: kinds (a byte each), numbers (little-endian doubles), paths and targets (joined by NUL), and the rare parts as
 * JSON. A column is decoded at once, which is several times faster than reading an entry at a time.
 */

const FORMAT = 'pare-layer-index 1';
const KINDS = [
  'file',
  'directory',
  'symlink',
  'hardlink',
  'char-device',
  'block-device',
  'fifo',
  'whiteout',
  'opaque',
] as const satisfies readonly LayerEntry['kind'][];
/** No path and no link target has it. */
const SEPARATOR = '\0';
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();

interface Columns {
  readonly kinds: Uint8Array;
  /** The numbers of the entries in order, as many for each as its kind has. */
  readonly numbers: Float64Array;
  readonly paths: string;
  readonly targets: string;
  readonly rare: RareParts;
}

/** By the entry's place. */
interface RareParts {
  /** Sparse maps: starts and lengths in turn. */
  readonly segments: Record<string, number[]>;
  /** Attributes: names and values, in base64, in turn. */
  readonly xattrs: Record<string, string[]>;
}

/** Serializes a layer's entries. `decodeLayerIndex` gives equal ones back. */
export function encodeLayerIndex(entries: readonly LayerEntry[]): Uint8Array {
  const numbers: number[] = [];
  const targets: string[] = [];
  const rare: RareParts = { segments: {}, xattrs: {} };
  for (const [place, entry] of entries.entries()) encodeEntry({ numbers, targets, rare }, place, entry);
  const columns = [
    Buffer.from(entries.map(({ kind }) => KINDS.indexOf(kind))),
    Buffer.from(swapped(new Float64Array(numbers)).buffer),
    encodeName(entries.map(({ path }) => path).join(SEPARATOR)),
    encodeName(targets.join(SEPARATOR)),
    Buffer.from(JSON.stringify(rare)),
  ];
  const body = Buffer.concat(columns);
  const lengths = columns.map(({ length }) => length).join(' ');
  return Buffer.concat([Buffer.from(`${FORMAT}\n${lengths} ${checksum(body)}\n`), body]);
}

function encodeEntry(
  into: { readonly numbers: number[]; readonly targets: string[]; readonly rare: RareParts },
  place: number,
  entry: LayerEntry,
): void {
  if (entry.kind === 'whiteout' || entry.kind === 'opaque') return;
  const { numbers, targets, rare } = into;
  numbers.push(entry.mode, entry.uid, entry.gid, entry.mtime.seconds, entry.mtime.nanoseconds);
  if (entry.xattrs.size > 0) {
    const pairs = [...entry.xattrs].flatMap(([name, value]) => [name, Buffer.from(value).toString('base64')]);
    rare.xattrs[place] = pairs;
  }
  switch (entry.kind) {
    case 'file': {
      // No content lies at a negative place: that stands for none known.
      numbers.push(entry.sizeBytes, entry.content?.offset ?? -1);
      const segments = entry.content?.segments;
      if (segments !== undefined)
        rare.segments[place] = segments.flatMap(({ start, lengthBytes }) => [start, lengthBytes]);
      break;
    }
    case 'symlink':
    case 'hardlink':
      targets.push(entry.target);
      break;
    case 'char-device':
    case 'block-device':
      numbers.push(entry.major, entry.minor);
  }
}

/** Reads entries back; undefined for what is damaged, cut short or of another version: a cache then makes them anew. */
export function decodeLayerIndex(bytes: Uint8Array): readonly LayerEntry[] | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const columns = columnsOf(buffer);
    return columns === undefined ? undefined : decodeColumns(columns);
  } catch (error) {
    // The checksum is no proof against somebody who makes one that fits.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function columnsOf(buffer: Buffer): Columns | undefined {
  const first = buffer.indexOf(0x0a);
  const second = buffer.indexOf(0x0a, first + 1);
  if (first === -1 || second === -1 || buffer.toString('latin1', 0, first) !== FORMAT) return undefined;
  const told = buffer.toString('latin1', first + 1, second).split(' ');
  const lengths = told.slice(0, -1).map(Number);
  const body = buffer.subarray(second + 1);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (lengths.length !== 5 || total !== body.length || told.at(-1) !== checksum(body)) return undefined;
  let at = 0;
  const [kinds, numbers, paths, targets, rare] = lengths.map((length) => {
    at += length;
    return body.subarray(at - length, at);
  });
  if (!kinds || !numbers || !paths || !targets || !rare || numbers.length % 8 !== 0) return undefined;
  return {
    kinds,
    // A copy: doubles must be aligned, and the column begins anywhere.
    numbers: swapped(new Float64Array(Uint8Array.from(numbers).buffer)),
    paths: decodeName(paths),
    targets: decodeName(targets),
    rare: JSON.parse(rare.toString('utf8')) as RareParts,
  };
}

/** Between this machine's byte order and the format's. */
function swapped(numbers: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  if (endianness() === 'BE') Buffer.from(numbers.buffer).swap64();
  return numbers;
}

function decodeColumns({ kinds, paths, numbers, targets, rare }: Columns): readonly LayerEntry[] {
  const pathList = kinds.length === 0 ? [] : paths.split(SEPARATOR);
  const targetList = targets.split(SEPARATOR);
  if (pathList.length !== kinds.length) throw new TypeError('columns of unequal length');
  const entries: LayerEntry[] = [];
  let number = 0;
  let target = 0;
  let mtime: Timestamp = { seconds: 0, nanoseconds: 0 };
  const next = (): number => {
    const value = numbers[number++];
    if (typeof value !== 'number') throw new TypeError('a number is missing');
    return value;
  };
  const nextTarget = (): string => {
    const value = targetList[target++];
    if (value === undefined) throw new TypeError('a target is missing');
    return value;
  };
  for (let place = 0; place < kinds.length; place++) {
    const kind = KINDS[kinds[place] ?? -1];
    const path = pathList[place] as ImagePath;
    if (kind === undefined) throw new TypeError('an unknown kind');
    if (kind === 'whiteout' || kind === 'opaque') {
      entries.push({ kind, path });
      continue;
    }
    const mode = next();
    const uid = next();
    const gid = next();
    mtime = sameOrNew(mtime, next(), next());
    const xattrs = attributesOf(rare.xattrs[place]);
    // Written out: copying by spread takes longer than all else.
    switch (kind) {
      case 'file': {
        const sizeBytes = next();
        const content = contentAt(next(), rare.segments[place]);
        if (content === undefined) entries.push({ kind, path, mode, uid, gid, mtime, xattrs, sizeBytes });
        else entries.push({ kind, path, mode, uid, gid, mtime, xattrs, sizeBytes, content });
        break;
      }
      case 'symlink':
        entries.push({ kind, path, mode, uid, gid, mtime, xattrs, target: nextTarget() });
        break;
      case 'hardlink':
        entries.push({ kind, path, mode, uid, gid, mtime, xattrs, target: nextTarget() as ImagePath });
        break;
      case 'char-device':
      case 'block-device':
        entries.push({ kind, path, mode, uid, gid, mtime, xattrs, major: next(), minor: next() });
        break;
      default:
        entries.push({ kind, path, mode, uid, gid, mtime, xattrs });
    }
  }
  return entries;
}

/** What was unpacked together often has one time: fewer objects to make, and to keep. */
function sameOrNew(before: Timestamp, seconds: number, nanoseconds: number): Timestamp {
  const isSame = before.seconds === seconds && before.nanoseconds === nanoseconds;
  return isSame ? before : { seconds, nanoseconds };
}

function contentAt(offset: number, pairs: readonly number[] | undefined): ContentLocation | undefined {
  if (offset < 0) return undefined;
  if (pairs === undefined) return { offset };
  const segments: SparseSegment[] = [];
  for (let at = 0; at < pairs.length; at += 2)
    segments.push({ start: pairs[at] ?? 0, lengthBytes: pairs[at + 1] ?? 0 });
  return { offset, segments };
}

function attributesOf(pairs: readonly string[] | undefined): ReadonlyMap<string, Uint8Array> {
  if (pairs === undefined) return NO_XATTRS;
  const attributes = new Map<string, Uint8Array>();
  for (let at = 0; at < pairs.length; at += 2)
    attributes.set(pairs[at] ?? '', Buffer.from(pairs[at + 1] ?? '', 'base64'));
  return attributes;
}

/** CRC-32 would do; zlib has it from Node 22.2 only, and SHA-1 in hardware is as fast. */
function checksum(body: Buffer): string {
  return createHash('sha1').update(body).digest('hex');
}
