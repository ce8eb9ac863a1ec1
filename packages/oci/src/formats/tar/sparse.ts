import { Buffer } from 'node:buffer';
import type { SparseSegment } from '../../model/entry.ts';
import { OciError } from '../../model/oci-error.ts';
import { type PaxRecord, parsePaxNumber } from './pax.ts';
import { BLOCK_BYTES } from './tar-header.ts';
import { parseTarNumber } from './tar-number.ts';

const SEGMENT_LIMIT = 1_000_000;
const PAIR_BYTES = 24;

/** The sparse facts of a member's header, before its map is read. */
export interface SparseHeader {
  readonly format: 'old-gnu' | 'pax-in-records' | 'pax-in-content';
  readonly realBytes: number;
  readonly segments: SparseSegment[];
}

/** GNU's old sparse header: four pairs in the header block, and whether extension blocks follow. */
export function parseOldSparseHeader(block: Buffer): {
  readonly header: SparseHeader;
  readonly extended: boolean;
} {
  const segments: SparseSegment[] = [];
  readPairs(block, 386, 4, segments);
  const realBytes = parseTarNumber(block, 483, 12);
  return { header: { format: 'old-gnu', realBytes, segments }, extended: block[482] !== 0 };
}

/** One extension block of GNU's old sparse format: 21 pairs; returns whether another one follows. */
export function parseOldSparseExtension(block: Buffer, segments: SparseSegment[]): boolean {
  readPairs(block, 0, 21, segments);
  if (segments.length > SEGMENT_LIMIT) throw tooMany();
  return block[504] !== 0;
}

function readPairs(block: Buffer, start: number, count: number, into: SparseSegment[]): void {
  for (let pair = 0; pair < count; pair++) {
    const at = start + pair * PAIR_BYTES;
    if (block[at] === 0) return;
    into.push({ start: parseTarNumber(block, at, 12), lengthBytes: parseTarNumber(block, at + 12, 12) });
  }
}

/** What PAX records say of a sparse member: formats 0.0, 0.1 and 1.0 of GNU tar (its manual, "PAX Sparse"). */
export function parsePaxSparse(records: readonly PaxRecord[]): SparseHeader | undefined {
  const last = new Map(records.map((record) => [record.key, record.value]));
  const major = last.get('GNU.sparse.major');
  if (major !== undefined) {
    const version = [major, last.get('GNU.sparse.minor') ?? Buffer.from('0')].map((text) =>
      Buffer.from(text).toString('latin1'),
    );
    if (version.join('.') === '1.0') {
      const realBytes = parsePaxNumber('GNU.sparse.realsize', required(last, 'GNU.sparse.realsize'));
      return { format: 'pax-in-content', realBytes, segments: [] };
    }
    if (version[0] !== '0')
      throw new OciError('unsupported', `GNU sparse format ${version.join('.')} is not known`);
  }
  const size = last.get('GNU.sparse.size') ?? last.get('GNU.sparse.realsize');
  if (size === undefined) return undefined;
  const map = last.get('GNU.sparse.map');
  const numbers =
    map === undefined
      ? pairsOfRecords(records)
      : Buffer.from(map)
          .toString('latin1')
          .split(',')
          .filter((text) => text !== '')
          .map(decimal);
  return {
    format: 'pax-in-records',
    realBytes: parsePaxNumber('GNU.sparse.size', size),
    segments: toSegments(numbers),
  };
}

function required(records: ReadonlyMap<string, Uint8Array>, key: string): Uint8Array {
  const value = records.get(key);
  if (value === undefined) throw new OciError('corrupt', `a sparse member lacks the PAX record ${key}`);
  return value;
}

/** Format 0.0 repeats the two keys for each segment. */
function pairsOfRecords(records: readonly PaxRecord[]): number[] {
  return records
    .filter(({ key }) => key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
    .map(({ key, value }) => parsePaxNumber(key, value));
}

function toSegments(numbers: readonly number[]): SparseSegment[] {
  if (numbers.length % 2 !== 0) throw new OciError('corrupt', 'a sparse map has an odd number of values');
  if (numbers.length / 2 > SEGMENT_LIMIT) throw tooMany();
  const segments: SparseSegment[] = [];
  for (let at = 0; at < numbers.length; at += 2) {
    segments.push({ start: numbers[at] ?? 0, lengthBytes: numbers[at + 1] ?? 0 });
  }
  return segments;
}

/**
 * Reads format 1.0's map, which stands in blocks before the content: the number of segments, then each one's
 * start and length, all decimal and ended by a newline. A coroutine: yields for each block it wants.
 */
export function* parseSparseMapBlocks(): Generator<
  undefined,
  { segments: SparseSegment[]; blocks: number },
  Buffer
> {
  const numbers: number[] = [];
  let digits = '';
  let wanted = 1;
  let blocks = 0;
  while (numbers.length < wanted) {
    const block = yield undefined;
    blocks += 1;
    for (let at = 0; at < BLOCK_BYTES && numbers.length < wanted; at++) {
      const byte = block[at] ?? 0;
      if (byte !== 0x0a) {
        digits += String.fromCharCode(byte);
        if (digits.length > 16) throw new OciError('corrupt', 'a sparse map holds no number');
        continue;
      }
      numbers.push(decimal(digits));
      digits = '';
      if (numbers.length === 1) wanted = 1 + (numbers[0] ?? 0) * 2;
      if (wanted > 1 + SEGMENT_LIMIT * 2) throw tooMany();
    }
  }
  return { segments: toSegments(numbers.slice(1)), blocks };
}

/** Checks a map: in order, inside the file, and as long as what is stored. Throws OciError `corrupt`. */
export function checkSegments(
  name: string,
  segments: readonly SparseSegment[],
  realBytes: number,
  storedBytes: number,
): void {
  let end = 0;
  let stored = 0;
  for (const { start, lengthBytes } of segments) {
    if (start < end || lengthBytes < 0 || start + lengthBytes > realBytes) {
      throw new OciError('corrupt', `the sparse map of ${JSON.stringify(name)} is out of order`);
    }
    end = start + lengthBytes;
    stored += lengthBytes;
  }
  if (stored !== storedBytes || !Number.isSafeInteger(realBytes)) {
    throw new OciError('corrupt', `the sparse map of ${JSON.stringify(name)} does not match its size`);
  }
}

function decimal(text: string): number {
  const value = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new OciError('corrupt', 'a sparse map holds no number');
  return value;
}

function tooMany(): OciError {
  return new OciError('too-large', `a sparse map has more than ${SEGMENT_LIMIT} segments`);
}
