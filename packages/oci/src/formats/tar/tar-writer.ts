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

/** Magic and version; all numbers zero, and spaces for the checksum. */
const EMPTY_HEADER: Uint8Array = emptyHeader();

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
  const records: PaxRecord[] = [...extended];
  const block = Buffer.from(EMPTY_HEADER);
  writeName(block, nameOf(entry), records);
  if (entry.kind === 'symlink' || entry.kind === 'hardlink') writeLinkName(block, targetOf(entry), records);
  const { seconds, nanoseconds } = entry.mtime;
  const plainTime = nanoseconds === 0 && seconds >= 0 && seconds <= octalLimit(FIELD.mtime[1]);
  if (!plainTime) records.push(textRecord('mtime', renderPaxTime(entry.mtime)));
  writeNumber(block, 'mode', entry.mode, undefined);
  writeNumber(block, 'uid', entry.uid, records);
  writeNumber(block, 'gid', entry.gid, records);
  writeNumber(block, 'size', entry.kind === 'file' ? entry.sizeBytes : 0, records);
  writeTarNumber(block, ...FIELD.mtime, Math.min(Math.max(seconds, 0), octalLimit(FIELD.mtime[1])));
  if (entry.kind === 'char-device' || entry.kind === 'block-device') {
    writeTarNumber(block, ...FIELD.major, entry.major);
    writeTarNumber(block, ...FIELD.minor, entry.minor);
  }
  for (const [name, value] of entry.xattrs) records.push(recordOfXattr(name, value));
  seal(block, TYPEFLAGS[entry.kind]);
  return records.length === 0 ? block : Buffer.concat([extendedHeader(records), block]);
}

function nameOf(entry: Entry): Uint8Array {
  if (entry.path === '/') return Buffer.from('./');
  return encodeName(entry.path.slice(1) + (entry.kind === 'directory' ? '/' : ''));
}

function targetOf(entry: Extract<Entry, { kind: 'symlink' | 'hardlink' }>): Uint8Array {
  return encodeName(entry.kind === 'hardlink' ? entry.target.slice(1) : entry.target);
}

function extendedHeader(records: PaxRecord[]): Uint8Array {
  const payload = encodePaxRecords(records.toSorted((left, right) => compareNames(left.key, right.key)));
  const block = Buffer.from(EMPTY_HEADER);
  block.write('PaxHeaders/entry', FIELD.name[0], 'latin1');
  writeTarNumber(block, ...FIELD.mode, 0o644);
  writeTarNumber(block, ...FIELD.size, payload.length);
  seal(block, 'x');
  return Buffer.concat([block, payload, tarPadding(payload.length)]);
}

/** In the name field when it fits, split at a slash over prefix and name when that fits, else as a PAX record. */
function writeName(block: Buffer, name: Uint8Array, records: PaxRecord[]): void {
  if (name.length <= FIELD.name[1]) {
    block.set(name, FIELD.name[0]);
    return;
  }
  const slash = splitAt(name);
  if (slash !== undefined) {
    block.set(name.subarray(0, slash), FIELD.prefix[0]);
    block.set(name.subarray(slash + 1), FIELD.name[0]);
    return;
  }
  records.push({ key: 'path', value: name });
  block.set(name.subarray(0, FIELD.name[1]), FIELD.name[0]);
}

function splitAt(name: Uint8Array): number | undefined {
  for (let at = Math.min(FIELD.prefix[1], name.length - 2); at > 0; at--) {
    if (name.length - at - 1 > FIELD.name[1]) return undefined;
    if (name[at] === 0x2f) return at;
  }
  return undefined;
}

function writeLinkName(block: Buffer, target: Uint8Array, records: PaxRecord[]): void {
  if (target.length > FIELD.linkName[1]) records.push({ key: 'linkpath', value: target });
  block.set(target.subarray(0, FIELD.linkName[1]), FIELD.linkName[0]);
}

function writeNumber(
  block: Buffer,
  field: 'mode' | 'uid' | 'gid' | 'size',
  value: number,
  records: PaxRecord[] | undefined,
): void {
  const [start, length] = FIELD[field];
  const fits = value >= 0 && value <= octalLimit(length);
  if (!fits) records?.push(textRecord(field, String(value)));
  writeTarNumber(block, start, length, fits ? value : 0);
}

function textRecord(key: string, text: string): PaxRecord {
  return { key, value: Buffer.from(text) };
}

/** Type, and last the checksum, which its own field counts in as spaces: six octal digits, a NUL and a space. */
function seal(block: Buffer, typeflag: string): void {
  block[FIELD.typeflag[0]] = typeflag.charCodeAt(0);
  let sum = 0;
  // By index: an iterator takes as long as all the rest of the header.
  for (let at = 0; at < block.length; at += 1) sum += block[at] ?? 0;
  writeTarNumber(block, FIELD.checksum[0], FIELD.checksum[1] - 1, sum);
  block[FIELD.checksum[0] + FIELD.checksum[1] - 2] = 0;
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
