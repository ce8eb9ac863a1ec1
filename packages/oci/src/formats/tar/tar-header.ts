import type { Buffer } from 'node:buffer';
import { decodeName } from '../../model/name.ts';
import { OciError } from '../../model/oci-error.ts';
import { parseTarNumber } from './tar-number.ts';

export const BLOCK_BYTES = 512;

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

/** Decodes a header block; throws OciError `corrupt` when its checksum or a number is wrong. */
export function parseHeaderBlock(block: Buffer): RawHeader {
  verifyChecksum(block);
  const magic = block.toString('latin1', 257, 263);
  // GNU's old magic is "ustar  \0": its bytes at the prefix field are times and a sparse map, not a name.
  const posix = magic === 'ustar\0';
  const extended = posix || magic === 'ustar ';
  const name = parseText(block, ...FIELD.name);
  const prefix = posix ? parseText(block, FIELD.prefix[0], prefixLength(block)) : '';
  const sizeBytes = number(block, 'size');
  if (sizeBytes < 0) throw new OciError('corrupt', `the member ${JSON.stringify(name)} has a negative size`);
  return {
    typeflag: String.fromCharCode(block[FIELD.typeflag[0]] ?? 0),
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: parseText(block, ...FIELD.linkName),
    mode: number(block, 'mode') & 0o7777,
    uid: number(block, 'uid'),
    gid: number(block, 'gid'),
    sizeBytes,
    mtimeSeconds: number(block, 'mtime'),
    major: extended ? number(block, 'major') : 0,
    minor: extended ? number(block, 'minor') : 0,
  };
}

/** The star variant marks its last bytes and has a shorter prefix, before its access and change times. */
function prefixLength(block: Buffer): number {
  return block.toString('latin1', 508, 512) === 'tar\0' ? 131 : FIELD.prefix[1];
}

function number(block: Buffer, field: keyof typeof FIELD): number {
  const [start, length] = FIELD[field];
  return parseTarNumber(block, start, length);
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

function verifyChecksum(block: Buffer): void {
  const [start, length] = FIELD.checksum;
  const written = parseTarNumber(block, start, length);
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) sum += block[at] ?? 0;
  for (let at = start; at < start + length; at++) sum += 0x20 - (block[at] ?? 0);
  if (sum !== written && signedSum(block) !== written) {
    throw new OciError('corrupt', 'a tar header has a wrong checksum');
  }
}

/** Some historic writers summed signed bytes. */
function signedSum(block: Buffer): number {
  const [start, length] = FIELD.checksum;
  let sum = 0;
  for (let at = 0; at < BLOCK_BYTES; at++) {
    sum += at >= start && at < start + length ? 0x20 : block.readInt8(at);
  }
  return sum;
}
