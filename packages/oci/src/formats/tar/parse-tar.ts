import type { Buffer } from 'node:buffer';
import type { SparseSegment, Timestamp } from '../../model/entry.ts';
import { decodeName } from '../../model/name.ts';
import { OciError } from '../../model/oci-error.ts';
import { type PaxRecord, parsePaxNumber, parsePaxRecords, parsePaxTime, xattrOfRecord } from './pax.ts';
import {
  checkSegments,
  parseOldSparseExtension,
  parseOldSparseHeader,
  parsePaxSparse,
  parseSparseMapBlocks,
  type SparseHeader,
} from './sparse.ts';
import {
  BLOCK_BYTES,
  headerScratch,
  isZeroBlock,
  padded,
  parseHeaderBlock,
  type RawHeader,
} from './tar-header.ts';

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

/**
 * What the parser wants next. After `read` it takes exactly that many bytes, or undefined when the archive ends
 * right there; `skip` passes over bytes; after `member` its content follows, which the parser then asks to skip.
 */
export type TarRequest =
  | { readonly kind: 'read'; readonly lengthBytes: number }
  | { readonly kind: 'member'; readonly header: TarHeader }
  | { readonly kind: 'skip'; readonly lengthBytes: number; readonly padded: number };

type TarSteps<Result> = Generator<TarRequest, Result, Buffer | undefined>;

/** Bound of one extended header or long name; Linux's own bounds on names and attributes are far below. */
const METADATA_LIMIT_BYTES = 8 * 1024 * 1024;
const NO_XATTRS: ReadonlyMap<string, Uint8Array> = new Map();
const NO_RECORDS: readonly PaxRecord[] = [];
const READ_BLOCK: TarRequest = { kind: 'read', lengthBytes: BLOCK_BYTES };

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

interface Pending {
  records: PaxRecord[] | undefined;
  longName: string | undefined;
  longLink: string | undefined;
}

interface MemberContext {
  readonly pending: Pending;
  readonly globals: ReadonlyMap<string, PaxRecord>;
  readonly contents: TarContents;
}

/**
 * `expanded`: what drives the parser has each file's logical content in place of the stored one (a tar-split record
 * does), so sparse maps that stand in the content are not there to be read.
 */
export type TarContents = 'as-stored' | 'expanded';

/**
 * Parses an uncompressed tar (v7, ustar, PAX, GNU, star) as a coroutine that does no I/O, so that streams, files
 * and tar-split records can all drive it. Buffers given to it may be reused: it keeps copies only.
 * Throws OciError `truncated`, `corrupt`, `unsupported` or `too-large`.
 */
export function* parseTar(contents: TarContents = 'as-stored'): TarSteps<void> {
  const scratch = headerScratch();
  const globals = new Map<string, PaxRecord>();
  let pending: Pending = { records: undefined, longName: undefined, longLink: undefined };
  for (;;) {
    const block = yield READ_BLOCK;
    if (block === undefined || isZeroBlock(block)) {
      if (isPending(pending)) throw new OciError('truncated', 'the tar ends after an extended header');
      if (block !== undefined) yield* parseTrailer();
      return;
    }
    const raw = parseHeaderBlock(block, scratch);
    switch (raw.typeflag) {
      case 'x':
        pending.records = parsePaxRecords(yield* readMetadata(raw));
        break;
      case 'g':
        for (const record of parsePaxRecords(yield* readMetadata(raw))) globals.set(record.key, record);
        break;
      case 'L':
        pending.longName = untilNul(yield* readMetadata(raw));
        break;
      case 'K':
        pending.longLink = untilNul(yield* readMetadata(raw));
        break;
      default:
        yield* parseMember(raw, block, { pending, globals, contents });
        if (isPending(pending)) pending = { records: undefined, longName: undefined, longLink: undefined };
    }
  }
}

function isPending(pending: Pending): boolean {
  return pending.records !== undefined || pending.longName !== undefined || pending.longLink !== undefined;
}

/** Two zero blocks end an archive; GNU tar and Go also take a lone one at the very end. */
function* parseTrailer(): TarSteps<void> {
  const second = yield READ_BLOCK;
  if (second !== undefined && !isZeroBlock(second)) {
    throw new OciError('corrupt', 'a lone zero block stands between two tar members');
  }
}

function* readMetadata(raw: RawHeader): TarSteps<Buffer> {
  if (raw.sizeBytes > METADATA_LIMIT_BYTES) {
    throw new OciError('too-large', `an extended tar header has ${raw.sizeBytes} bytes`);
  }
  const bytes = yield { kind: 'read', lengthBytes: padded(raw.sizeBytes) };
  if (bytes === undefined) throw new OciError('truncated', 'the tar ends inside an extended header');
  return bytes.subarray(0, raw.sizeBytes);
}

function untilNul(bytes: Buffer): string {
  const nul = bytes.indexOf(0);
  return decodeName(nul === -1 ? bytes : bytes.subarray(0, nul));
}

function* parseMember(
  raw: RawHeader,
  block: Buffer,
  { pending, globals, contents }: MemberContext,
): TarSteps<void> {
  const records = recordsFor(pending.records, globals);
  const draft = draftOf(raw, records, pending);
  const oldSparse = raw.typeflag === 'S' ? yield* readOldSparse(block) : undefined;
  const sparse =
    oldSparse ?? (draft.type === 'file' && records.length > 0 ? parsePaxSparse(records) : undefined);
  if (sparse === undefined) {
    yield { kind: 'member', header: draft };
    if (draft.storedBytes > 0) yield skipOf(draft.storedBytes);
    return;
  }
  if (contents === 'expanded') {
    const { realBytes } = sparse;
    const padding = padded(draft.storedBytes) - draft.storedBytes;
    yield { kind: 'member', header: { ...draft, storedBytes: realBytes, sizeBytes: realBytes } };
    if (realBytes > 0) yield { kind: 'skip', lengthBytes: realBytes, padded: realBytes + padding };
    return;
  }
  let segments = sparse.segments;
  let storedBytes = draft.storedBytes;
  if (sparse.format === 'pax-in-content') {
    const map = yield* readSparseMap();
    segments = map.segments;
    storedBytes -= map.blocks * BLOCK_BYTES;
  }
  checkSegments(draft.name, segments, sparse.realBytes, storedBytes);
  segments = segments.filter(({ lengthBytes }) => lengthBytes > 0);
  yield { kind: 'member', header: { ...draft, segments, storedBytes, sizeBytes: sparse.realBytes } };
  if (storedBytes > 0) yield skipOf(storedBytes);
}

function skipOf(lengthBytes: number): TarRequest {
  return { kind: 'skip', lengthBytes, padded: padded(lengthBytes) };
}

function* readOldSparse(block: Buffer): TarSteps<SparseHeader> {
  const { header, extended } = parseOldSparseHeader(block);
  let more = extended;
  while (more) more = parseOldSparseExtension(yield* readBlock(), header.segments);
  return header;
}

function* readSparseMap(): TarSteps<{ segments: SparseSegment[]; blocks: number }> {
  const map = parseSparseMapBlocks();
  let step = map.next();
  while (!step.done) step = map.next(yield* readBlock());
  return step.value;
}

function* readBlock(): TarSteps<Buffer> {
  const block = yield READ_BLOCK;
  if (block === undefined) throw new OciError('truncated', 'the tar ends inside a sparse map');
  return block;
}

/** Global records first, so that a member's own ones win; an empty value takes a record back. */
function recordsFor(
  own: PaxRecord[] | undefined,
  globals: ReadonlyMap<string, PaxRecord>,
): readonly PaxRecord[] {
  if (globals.size === 0) return own ?? NO_RECORDS;
  const overridden = new Set(own?.map(({ key }) => key));
  return [...[...globals.values()].filter(({ key }) => !overridden.has(key)), ...(own ?? [])];
}

/** The header with names, numbers and attributes of its extended headers, before any sparse map. */
function draftOf(raw: RawHeader, records: readonly PaxRecord[], pending: Pending): TarHeader {
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
