import { Buffer } from 'node:buffer';
import type { Entry } from '../../model/entry.ts';
import { encodeName } from '../../model/name.ts';
import { OciError } from '../../model/oci-error.ts';
import { compareNames } from '../../model/path.ts';
import { encodePaxRecords, type PaxRecord, recordOfXattr, renderPaxTime } from './pax.ts';
import { BLOCK_BYTES, FIELD, padded } from './tar-header.ts';
import { octalLimit, writeTarNumber } from './tar-number.ts';

const TYPEFLAGS: Readonly<Record<Entry['kind'], string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'char-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
};

/** From the mode to the time. */
const NUMBERS: Field = [FIELD.mode[0], FIELD.checksum[0] - FIELD.mode[0]];
const DEVICE: Field = [FIELD.major[0], FIELD.prefix[0] - FIELD.major[0]];
/** Magic and version; all numbers zero, and spaces for the checksum. */
const EMPTY_HEADER: Uint8Array = emptyHeader();
/** Of what no entry changes. */
const MAGIC_AND_CHECKSUM = byteSum(EMPTY_HEADER, FIELD.checksum) + byteSum(EMPTY_HEADER, FIELD.magic);

function emptyHeader(): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES);
  const { checksum, gid, magic, major, minor, mode, mtime, size, uid } = FIELD;
  for (const [start, length] of [mode, uid, gid, size, mtime, major, minor])
    writeTarNumber(block, start, length, 0);
  block.fill(0x20, checksum[0], checksum[0] + checksum[1]);
  block.write('ustar\x0000', magic[0], 'latin1');
  return block;
}

/** Two zero blocks (POSIX.1-2017 pax, "ustar Interchange Format"). */
export const TAR_TRAILER: Uint8Array = new Uint8Array(2 * BLOCK_BYTES);

/** The zeros that fill up the last block of a content. */
export function tarPadding(sizeBytes: number): Uint8Array {
  return TAR_TRAILER.subarray(0, padded(sizeBytes) - sizeBytes);
}

/**
 * The header blocks of an entry: POSIX ustar, with a PAX extended header where a name, number, fraction of a second
 * or extended attribute does not fit. Equal entries give equal bytes; no user and group names are written. Its
 * content (a file's alone) and `tarPadding` follow. `extended` are PAX records to write beside the entry's own.
 */
export function encodeTarHeader(entry: Entry, extended: readonly PaxRecord[] = []): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES);
  const before = putTarHeader(block, 0, entry, extended);
  return before === undefined ? block : Buffer.concat([before, block]);
}

/**
 * Writes the last of an entry's header blocks into zeros at `start`, and gives those that come before it, where there are any
 * (`encodeTarHeader`).
 */
export function putTarHeader(
  bytes: Buffer,
  start: number,
  entry: Entry,
  extended: readonly PaxRecord[] = [],
): Uint8Array | undefined {
  const records: PaxRecord[] = [...extended];
  const block = { bytes, start };
  bytes.set(EMPTY_HEADER, start);
  putName(block, entry, records);
  if (entry.kind === 'symlink' || entry.kind === 'hardlink') putLinkName(block, entry, records);
  const { seconds, nanoseconds } = entry.mtime;
  const plainTime = nanoseconds === 0 && seconds >= 0 && seconds <= octalLimit(FIELD.mtime[1]);
  if (!plainTime) records.push(textRecord('mtime', renderPaxTime(entry.mtime)));
  putNumber(block, 'mode', entry.mode, undefined);
  putNumber(block, 'uid', entry.uid, records);
  putNumber(block, 'gid', entry.gid, records);
  putNumber(block, 'size', entry.kind === 'file' ? entry.sizeBytes : 0, records);
  putField(block, FIELD.mtime, Math.min(Math.max(seconds, 0), octalLimit(FIELD.mtime[1])));
  if (entry.kind === 'char-device' || entry.kind === 'block-device') {
    putField(block, FIELD.major, entry.major);
    putField(block, FIELD.minor, entry.minor);
  }
  for (const [name, value] of entry.xattrs) records.push(recordOfXattr(name, value));
  seal(block, TYPEFLAGS[entry.kind]);
  return records.length === 0 ? undefined : extendedHeader(records);
}

/** A header block among other bytes. */
interface Block {
  readonly bytes: Buffer;
  readonly start: number;
}

type Field = readonly [start: number, length: number];

function nameOf(entry: Entry): Uint8Array {
  if (entry.path === '/') return Buffer.from('./');
  return encodeName(entry.path.slice(1) + (entry.kind === 'directory' ? '/' : ''));
}

function targetOf(entry: Extract<Entry, { kind: 'symlink' | 'hardlink' }>): Uint8Array {
  return encodeName(entry.kind === 'hardlink' ? entry.target.slice(1) : entry.target);
}

function extendedHeader(records: PaxRecord[]): Uint8Array {
  const payload = encodePaxRecords(records.toSorted((left, right) => compareNames(left.key, right.key)));
  const bytes = Buffer.from(EMPTY_HEADER);
  const block = { bytes, start: 0 };
  bytes.write('PaxHeaders/entry', FIELD.name[0], 'latin1');
  putField(block, FIELD.mode, 0o644);
  putField(block, FIELD.size, payload.length);
  seal(block, 'x');
  return Buffer.concat([bytes, payload, tarPadding(payload.length)]);
}

/** In the name field when it fits, split at a slash over prefix and name when that fits, else as a PAX record. */
function putName(block: Block, entry: Entry, records: PaxRecord[]): void {
  const { path, kind } = entry;
  // Without the slash before it.
  const plainBytes = path.length - 1;
  const slashAt = kind === 'directory' ? block.start + FIELD.name[0] + plainBytes : undefined;
  if (plainBytes > 0 && plainBytes < FIELD.name[1] && putAscii(block, FIELD.name, path, 1)) {
    if (slashAt !== undefined) block.bytes[slashAt] = 0x2f;
    return;
  }
  const name = nameOf(entry);
  const slash = name.length <= FIELD.name[1] ? undefined : splitAt(name);
  if (slash !== undefined) putBytes(block, FIELD.prefix, name.subarray(0, slash));
  else if (name.length > FIELD.name[1]) records.push({ key: 'path', value: name });
  putBytes(block, FIELD.name, slash === undefined ? name : name.subarray(slash + 1));
}

/** Writes text from its position `from` on; whether it is nothing but ASCII, and so is there. */
function putAscii({ bytes, start }: Block, field: Field, text: string, from: number): boolean {
  const value = text.slice(from);
  if (Buffer.byteLength(value) !== value.length) return false;
  bytes.write(value, start + field[0], 'latin1');
  return true;
}

/** As much of them as has room, and nothing else. */
function putBytes({ bytes, start }: Block, field: Field, value: Uint8Array): void {
  const at = start + field[0];
  bytes.fill(0, at, at + field[1]);
  bytes.set(value.subarray(0, field[1]), at);
}

function splitAt(name: Uint8Array): number | undefined {
  for (let at = Math.min(FIELD.prefix[1], name.length - 2); at > 0; at--) {
    if (name.length - at - 1 > FIELD.name[1]) return undefined;
    if (name[at] === 0x2f) return at;
  }
  return undefined;
}

function putLinkName(
  block: Block,
  entry: Extract<Entry, { kind: 'symlink' | 'hardlink' }>,
  records: PaxRecord[],
): void {
  const from = entry.kind === 'hardlink' ? 1 : 0;
  if (entry.target.length <= FIELD.linkName[1] && putAscii(block, FIELD.linkName, entry.target, from)) return;
  const target = targetOf(entry);
  if (target.length > FIELD.linkName[1]) records.push({ key: 'linkpath', value: target });
  putBytes(block, FIELD.linkName, target);
}

function putNumber(
  block: Block,
  field: 'mode' | 'uid' | 'gid' | 'size',
  value: number,
  records: PaxRecord[] | undefined,
): void {
  const fits = value >= 0 && value <= octalLimit(FIELD[field][1]);
  if (!fits) records?.push(textRecord(field, String(value)));
  putField(block, FIELD[field], fits ? value : 0);
}

function putField({ bytes, start }: Block, field: Field, value: number): void {
  // Else it is there already.
  if (value !== 0) writeTarNumber(bytes, start + field[0], field[1], value);
}

function textRecord(key: string, text: string): PaxRecord {
  return { key, value: Buffer.from(text) };
}

/** Type, and last the checksum, which its own field counts in as spaces: six octal digits, a NUL and a space. */
function seal({ bytes, start }: Block, typeflag: string): void {
  const type = typeflag.charCodeAt(0);
  bytes[start + FIELD.typeflag[0]] = type;
  const isLink = typeflag === TYPEFLAGS.symlink || typeflag === TYPEFLAGS.hardlink;
  const sum =
    MAGIC_AND_CHECKSUM +
    type +
    nameSum(bytes, FIELD.name, start) +
    byteSum(bytes, NUMBERS, start) +
    (isLink ? byteSum(bytes, FIELD.linkName, start) : 0) +
    byteSum(bytes, DEVICE, start) +
    nameSum(bytes, FIELD.prefix, start);
  const at = start + FIELD.checksum[0];
  const digits = FIELD.checksum[1] - 2;
  writeTarNumber(bytes, at, digits + 1, sum);
  bytes[at + digits] = 0;
}

/** Of a field that is zeros behind its text, in which there is none. */
function nameSum(bytes: Uint8Array, field: Field, start: number): number {
  const end = start + field[0] + field[1];
  let sum = 0;
  for (let at = start + field[0]; at < end && bytes[at] !== 0; at += 1) sum += bytes[at] ?? 0;
  return sum;
}

function byteSum(bytes: Uint8Array, field: Field, start = 0): number {
  const end = start + field[0] + field[1];
  let sum = 0;
  // By index: an iterator takes as long as all the rest of the header.
  for (let at = start + field[0]; at < end; at += 1) sum += bytes[at] ?? 0;
  return sum;
}

/** An entry to write; a file's content must have exactly its `sizeBytes`. */
export interface TarWrite {
  readonly entry: Entry;
  readonly content?: AsyncIterable<Uint8Array>;
}

/** Renders a whole archive. Throws OciError `corrupt` when a content has another length than its entry says. */
export async function* writeTar(
  members: AsyncIterable<TarWrite> | Iterable<TarWrite>,
): AsyncGenerator<Uint8Array> {
  for await (const { entry, content } of members) {
    yield encodeTarHeader(entry);
    if (entry.kind !== 'file') continue;
    let written = 0;
    for await (const chunk of content ?? []) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== entry.sizeBytes) {
      throw new OciError(
        'corrupt',
        `the content of ${entry.path} has ${written} bytes instead of ${entry.sizeBytes}`,
      );
    }
    yield tarPadding(written);
  }
  yield TAR_TRAILER;
}
