import { Buffer } from 'node:buffer';
import type { Timestamp } from '../../model/entry.ts';
import { decodeName, encodeName } from '../../model/name.ts';
import { OciError } from '../../model/oci-error.ts';

/** One record of a PAX extended header, its value as raw bytes. */
export interface PaxRecord {
  readonly key: string;
  readonly value: Uint8Array;
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const EQUALS = 0x3d;

/**
 * Splits an extended header into its `LENGTH KEY=VALUE\n` records (POSIX.1-2017 pax, "pax Extended Header"), in
 * order, repeated keys included. Throws OciError `corrupt`.
 */
export function parsePaxRecords(payload: Buffer): PaxRecord[] {
  const records: PaxRecord[] = [];
  let at = 0;
  while (at < payload.length) {
    const space = payload.indexOf(SPACE, at);
    const digits = space === -1 ? '' : payload.toString('latin1', at, space);
    const end = /^[0-9]{1,9}$/.test(digits) ? at + Number(digits) : -1;
    if (end <= space + 1 || end > payload.length || payload[end - 1] !== NEWLINE) {
      throw new OciError('corrupt', 'a PAX record has a wrong length');
    }
    const equals = payload.subarray(0, end).indexOf(EQUALS, space + 1);
    if (equals <= space + 1) throw new OciError('corrupt', 'a PAX record has no key');
    const value = Uint8Array.prototype.slice.call(payload, equals + 1, end - 1);
    records.push({ key: decodeName(payload.subarray(space + 1, equals)), value });
    at = end;
  }
  return records;
}

/** Renders records; the length of a record counts its own digits. */
export function encodePaxRecords(records: readonly PaxRecord[]): Uint8Array {
  return Buffer.concat(records.map(encodeRecord));
}

function encodeRecord({ key, value }: PaxRecord): Uint8Array {
  const head = Buffer.concat([Buffer.from(' '), encodeName(key), Buffer.from('=')]);
  const rest = head.length + value.length + 1;
  let total = rest + String(rest).length;
  if (rest + String(total).length !== total) total = rest + String(total).length;
  return Buffer.concat([Buffer.from(String(total)), head, value, Buffer.from('\n')]);
}

/** A decimal number of a record. */
export function parsePaxNumber(key: string, value: Uint8Array): number {
  const text = Buffer.from(value).toString('latin1');
  const number = /^-?[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new OciError('corrupt', `the PAX record ${key} is no number`);
  return number;
}

/** A time of a record: decimal seconds with an optional fraction, cut to nanoseconds; may be negative. */
export function parsePaxTime(key: string, value: Uint8Array): Timestamp {
  const match = /^(-?)([0-9]{1,16})(?:\.([0-9]*))?$/.exec(Buffer.from(value).toString('latin1'));
  const whole = Number(match?.[2] ?? Number.NaN);
  if (!Number.isSafeInteger(whole)) throw new OciError('corrupt', `the PAX record ${key} is no time`);
  const nanoseconds = Number((match?.[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (match?.[1] !== '-') return { seconds: whole, nanoseconds };
  return nanoseconds === 0
    ? { seconds: 0 - whole, nanoseconds: 0 }
    : { seconds: -whole - 1, nanoseconds: 1_000_000_000 - nanoseconds };
}

/** The text of a time record that `parsePaxTime` reads back exactly. */
export function renderPaxTime({ seconds, nanoseconds }: Timestamp): string {
  if (nanoseconds === 0) return String(seconds);
  const negative = seconds < 0;
  const whole = negative ? -seconds - 1 : seconds;
  const fraction = negative ? 1_000_000_000 - nanoseconds : nanoseconds;
  return `${negative ? '-' : ''}${whole}.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`;
}

const XATTR_PREFIX = 'SCHILY.xattr.';

/** The extended attribute that a record sets, if it is one. GNU tar writes `=` and `%` of its name as escapes. */
export function xattrOfRecord(record: PaxRecord): string | undefined {
  if (!record.key.startsWith(XATTR_PREFIX)) return undefined;
  return record.key.slice(XATTR_PREFIX.length).replaceAll('%3D', '=').replaceAll('%25', '%');
}

/** The record that sets an extended attribute. */
export function recordOfXattr(name: string, value: Uint8Array): PaxRecord {
  return { key: XATTR_PREFIX + name.replaceAll('%', '%25').replaceAll('=', '%3D'), value };
}
