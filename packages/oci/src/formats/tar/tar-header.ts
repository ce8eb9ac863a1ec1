import type { Buffer } from 'node:buffer';
import { decodeName } from '../../model/name.ts';
import { OciError } from '../../model/oci-error.ts';
import { parseTarNumber } from './tar-number.ts';

export const BLOCK_BYTES = 512;
const SPACE = 0x20;

/** Offset and length of each header field (POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "tar.h"). */
export const FIELD = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  typeflag: [156, 1],
  linkName: [157, 100],
  magic: [257, 8],
  major: [329, 8],
  minor: [337, 8],
  prefix: [345, 155],
} as const;

/** One header block, decoded and not yet merged with extended headers. */
export interface RawHeader {
  readonly typeflag: string;
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  readonly major: number;
  readonly minor: number;
}

/** Rounds up to whole blocks. */
export function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;
}

/** Whether a block is the end-of-archive filler. */
export function isZeroBlock(block: Buffer): boolean {
  if (block[0] !== 0) return false;
  for (let at = 1; at < BLOCK_BYTES; at++) if (block[at] !== 0) return false;
  return true;
}

/** Room for one block, seen as bytes and as words, so that sums need not look at each byte. */
export interface HeaderScratch {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

export function headerScratch(): HeaderScratch {
  const bytes = new Uint8Array(BLOCK_BYTES);
  return { bytes, words: new Int32Array(bytes.buffer) };
}

/** Decodes a header block; throws OciError `corrupt` when its checksum or a number is wrong. */
export function parseHeaderBlock(block: Buffer, scratch: HeaderScratch): RawHeader {
  verifyChecksum(block, scratch);
  // GNU's old magic is "ustar  \0": its bytes at the prefix field are times and a sparse map, not a name.
  const magic = isUstar(block) ? block[262] : undefined;
  const posix = magic === 0;
  const extended = posix || magic === SPACE;
  const name = parseText(block, 0, 100);
  const prefix = posix && block[345] !== 0 ? parseText(block, 345, prefixLength(block)) : '';
  const sizeBytes = parseTarNumber(block, 124, 12);
  if (sizeBytes < 0) throw new OciError('corrupt', `the member ${JSON.stringify(name)} has a negative size`);
  return {
    typeflag: String.fromCharCode(block[156] ?? 0),
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: block[157] === 0 ? '' : parseText(block, 157, 100),
    mode: parseTarNumber(block, 100, 8) & 0o7777,
    uid: parseTarNumber(block, 108, 8),
    gid: parseTarNumber(block, 116, 8),
    sizeBytes,
    mtimeSeconds: parseTarNumber(block, 136, 12),
    major: extended ? parseTarNumber(block, 329, 8) : 0,
    minor: extended ? parseTarNumber(block, 337, 8) : 0,
  };
}

function isUstar(block: Buffer): boolean {
  return (
    block[257] === 0x75 &&
    block[258] === 0x73 &&
    block[259] === 0x74 &&
    block[260] === 0x61 &&
    block[261] === 0x72
  );
}

/** The star variant marks its last bytes and has a shorter prefix, before its access and change times. */
function prefixLength(block: Buffer): number {
  return block.toString('latin1', 508, 512) === 'tar\0' ? 131 : FIELD.prefix[1];
}

function parseText(block: Buffer, start: number, length: number): string {
  let end = start;
  let high = 0;
  for (; end < start + length; end++) {
    const byte = block[end] ?? 0;
    if (byte === 0) break;
    high |= byte;
  }
  if (end === start) return '';
  return high < 0x80 ? block.toString('latin1', start, end) : decodeName(block.subarray(start, end));
}

function verifyChecksum(block: Buffer, scratch: HeaderScratch): void {
  const [start, length] = FIELD.checksum;
  const written = parseTarNumber(block, start, length);
  // The checksum's own bytes count as spaces.
  let sum = byteSum(block, scratch) + length * SPACE;
  for (let at = start; at < start + length; at++) sum -= block[at] ?? 0;
  if (sum !== written && signedSum(block) !== written) {
    throw new OciError('corrupt', 'a tar header has a wrong checksum');
  }
}

/** Sum of a block's bytes, four at a time: two lanes of 16 bits, which 256 bytes each cannot overflow. */
function byteSum(block: Buffer, { bytes, words }: HeaderScratch): number {
  bytes.set(block);
  let lanes = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? 0;
    lanes += (word & 0x00ff00ff) + ((word >>> 8) & 0x00ff00ff);
  }
  return (lanes & 0xffff) + (lanes >>> 16);
}

/** Some historic writers summed signed bytes. */
function signedSum(block: Buffer): number {
  const [start, length] = FIELD.checksum;
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) {
    sum += at >= start && at < start + length ? SPACE : block.readInt8(at);
  }
  return sum;
}
