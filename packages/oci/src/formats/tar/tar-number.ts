import { OciError } from '../../model/oci-error.ts';

const SPACE = 0x20;

/**
 * A numeric header field: octal digits (POSIX pax, "ustar Interchange Format") or GNU's base-256, whose first
 * byte has its top bit set and which may be negative. Throws OciError `corrupt` on anything else.
 */
export function parseTarNumber(block: Uint8Array, start: number, length: number): number {
  return ((block[start] ?? 0) & 0x80) === 0
    ? parseOctal(block, start, length)
    : parseBase256(block, start, length);
}

function parseOctal(block: Uint8Array, start: number, length: number): number {
  const end = start + length;
  let at = start;
  while (at < end && (block[at] === SPACE || block[at] === 0)) at += 1;
  let value = 0;
  for (; at < end; at++) {
    const byte = block[at] ?? 0;
    if (byte === SPACE || byte === 0) break;
    if (byte < 0x30 || byte > 0x37)
      throw new OciError('corrupt', `a number field holds byte 0x${byte.toString(16)}`);
    value = value * 8 + (byte - 0x30);
  }
  return value;
}

function parseBase256(block: Uint8Array, start: number, length: number): number {
  const negative = ((block[start] ?? 0) & 0x40) !== 0;
  // Two's complement: a negative number is minus its inverted bits, minus one.
  const flip = negative ? 0xff : 0;
  let value = ((block[start] ?? 0) ^ flip) & 0x7f;
  for (let at = start + 1; at < start + length; at++) value = value * 256 + ((block[at] ?? 0) ^ flip);
  if (!Number.isSafeInteger(value)) throw new OciError('corrupt', 'a number field is out of range');
  return negative ? -value - 1 : value;
}

const LONGEST_FIELD = 12;
const OCTAL_LIMITS: readonly number[] = Array.from(
  { length: LONGEST_FIELD + 1 },
  (_, length) => 8 ** (length - 1) - 1,
);

/** The largest number that fits a field of `length` bytes, of which a header has none longer than 12, as octal digits and a NUL. */
export function octalLimit(length: number): number {
  return OCTAL_LIMITS[length] ?? 0;
}

/** Writes octal digits and a NUL where the number fits, else base-256. */
export function writeTarNumber(block: Uint8Array, start: number, length: number, value: number): void {
  if (value >= 0 && value <= octalLimit(length)) {
    let left = value;
    for (let at = start + length - 2; at >= start; at--) {
      const higher = Math.floor(left / 8);
      block[at] = 0x30 + left - higher * 8;
      left = higher;
    }
    return;
  }
  let rest = BigInt(value);
  for (let at = start + length - 1; at >= start; at--) {
    block[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  block[start] = (block[start] ?? 0) | 0x80;
}
