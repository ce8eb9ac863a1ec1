import type { SparseSegment, Timestamp } from '../../model/entry.ts';
import { decodeName } from '../../model/name.ts';
import { OciError } from '../../model/oci-error.ts';
import { type PaxRecord, parsePaxNumber, parsePaxTime, xattrOfRecord } from './pax.ts';
import type { RawHeader } from './tar-header.ts';

export type TarMemberType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'char-device'
  | 'block-device'
  | 'fifo';

/** A member's header with its extended headers merged in. Names are as written, bytes as in ImagePath. */
export interface TarHeader {
  readonly type: TarMemberType;
  readonly name: string;
  readonly linkName: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Timestamp;
  /** Logical size. */
  readonly sizeBytes: number;
  /** Bytes of content in the archive, without padding (and without the map of a sparse member). */
  readonly storedBytes: number;
  readonly segments: readonly SparseSegment[] | undefined;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** The PAX records that apply to it, global ones first, as written. */
  readonly records: readonly PaxRecord[];
}

/** Extended headers that wait for their member. */
export interface PendingHeaders {
  records: PaxRecord[] | undefined;
  longName: string | undefined;
  longLink: string | undefined;
}

const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();
const NO_RECORDS: readonly PaxRecord[] = [];
const TYPES: Readonly<Record<string, TarMemberType>> = {
  '0': 'file',
  '\0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'char-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  S: 'file',
};

/** Global records first, so that a member's own ones win; an empty value takes a record back. */
export function recordsFor(
  own: PaxRecord[] | undefined,
  globals: ReadonlyMap<string, PaxRecord>,
): readonly PaxRecord[] {
  if (globals.size === 0) return own ?? NO_RECORDS;
  const overridden = new Set(own?.map(({ key }) => key));
  return [...[...globals.values()].filter(({ key }) => !overridden.has(key)), ...(own ?? [])];
}

/** The header with names, numbers and attributes of its extended headers, before any sparse map. */
export function headerOf(raw: RawHeader, records: readonly PaxRecord[], pending: PendingHeaders): TarHeader {
  const draft = {
    type: typeOf(raw),
    name: raw.name,
    linkName: raw.linkName,
    mode: raw.mode,
    uid: raw.uid,
    gid: raw.gid,
    mtime: { seconds: raw.mtimeSeconds, nanoseconds: 0 },
    sizeBytes: raw.sizeBytes,
    storedBytes: 0,
    segments: undefined,
    major: raw.major,
    minor: raw.minor,
    xattrs: NO_XATTRS,
    records,
  };
  if (records.length > 0) applyRecords(draft, records);
  draft.name = pending.longName ?? draft.name;
  draft.linkName = pending.longLink ?? draft.linkName;
  // Only old archives, without a type, mark directories by their slash (so does Go's reader, which Docker uses).
  if (raw.typeflag === '\0' && draft.name.endsWith('/')) draft.type = 'directory';
  // Links, devices, directories and fifos store no content, whatever their size field says.
  if (draft.type !== 'file') draft.sizeBytes = 0;
  draft.storedBytes = draft.sizeBytes;
  return draft;
}

function typeOf(raw: RawHeader): TarMemberType {
  const type = TYPES[raw.typeflag];
  if (type !== undefined) return type;
  throw new OciError(
    'unsupported',
    `the tar member ${JSON.stringify(raw.name)} has type ${JSON.stringify(raw.typeflag)}`,
  );
}

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

function applyRecords(header: Writable<TarHeader>, records: readonly PaxRecord[]): void {
  let xattrs: Map<string, Uint8Array> | undefined;
  for (const record of records) {
    const { key, value } = record;
    const xattr = xattrOfRecord(record);
    if (xattr !== undefined) {
      xattrs ??= new Map();
      xattrs.set(xattr, value);
    } else if (value.length > 0) applyRecord(header, key, value);
  }
  const sparseName = records.findLast(({ key }) => key === 'GNU.sparse.name');
  if (sparseName !== undefined && sparseName.value.length > 0) header.name = decodeName(sparseName.value);
  if (xattrs !== undefined) header.xattrs = xattrs;
}

function applyRecord(header: Writable<TarHeader>, key: string, value: Uint8Array): void {
  switch (key) {
    case 'path':
      header.name = decodeName(value);
      break;
    case 'linkpath':
      header.linkName = decodeName(value);
      break;
    case 'uid':
      header.uid = parsePaxNumber(key, value);
      break;
    case 'gid':
      header.gid = parsePaxNumber(key, value);
      break;
    case 'size':
      header.sizeBytes = parsePaxNumber(key, value);
      if (header.sizeBytes < 0) throw new OciError('corrupt', `the PAX record ${key} is negative`);
      break;
    case 'mtime':
      header.mtime = parsePaxTime(key, value);
      break;
  }
}
