import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import zlib from 'node:zlib';

/*
 * Columns as bytes: a line with the format's name and version, a line with the lengths of the columns and a checksum, and the columns one
 * after the other.
 */

/** Joins columns to a file of a format, whose name holds its version. */
export function encodeColumnFile(format: string, columns: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(columns);
  const lengths = columns.map(({ length }) => length).join(' ');
  return Buffer.concat([Buffer.from(`${format}\n${lengths} ${checksum(body)}\n`), body]);
}

/** The columns of a file; undefined for what is damaged, cut short, of another format, or has not `count` of them. */
export function decodeColumnFile(
  format: string,
  count: number,
  bytes: Uint8Array,
): readonly Buffer[] | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const first = buffer.indexOf(0x0a);
  const second = buffer.indexOf(0x0a, first + 1);
  if (first === -1 || second === -1 || buffer.toString('latin1', 0, first) !== format) return undefined;
  const told = buffer.toString('latin1', first + 1, second).split(' ');
  const lengths = told.slice(0, -1).map(Number);
  const body = buffer.subarray(second + 1);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (lengths.length !== count || total !== body.length || told.at(-1) !== checksum(body)) return undefined;
  let at = 0;
  return lengths.map((length) => {
    at += length;
    return body.subarray(at - length, at);
  });
}

/** CRC-32 takes a tenth of the time, but zlib of Node 21 and 22.0 has none. What another Node wrote is made anew then. */
function checksum(body: Buffer): string {
  return 'crc32' in zlib ? zlib.crc32(body).toString(16) : createHash('sha1').update(body).digest('hex');
}

/** What is made of columns; undefined where they do not fit: the checksum is no proof against somebody who makes one that does. */
export function orUndefined<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError)
      return undefined;
    throw error;
  }
}
