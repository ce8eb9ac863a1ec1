import type { Buffer } from 'node:buffer';
import type { SparseSegment } from '../../model/entry.ts';
import { decodeName } from '../../model/name.ts';
import { OciError } from '../../model/oci-error.ts';
import { type PaxRecord, parsePaxRecords } from './pax.ts';
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
import { headerOf, type PendingHeaders, recordsFor, type TarHeader } from './tar-member.ts';

/**
 * What the parser wants next. After `read` it takes exactly that many bytes, or undefined when the archive ends
 * right there; `skip` passes over bytes; after `member` its content follows, which the parser then asks to skip.
 */
type TarRequest =
  | { readonly kind: 'read'; readonly lengthBytes: number }
  | { readonly kind: 'member'; readonly header: TarHeader }
  | { readonly kind: 'skip'; readonly lengthBytes: number; readonly padded: number };

type TarSteps<Result> = Generator<TarRequest, Result, Buffer | undefined>;

/** Bound of one extended header or long name; Linux's own bounds on names and attributes are far below. */
const METADATA_LIMIT_BYTES = 8 * 1024 * 1024;
const READ_BLOCK: TarRequest = { kind: 'read', lengthBytes: BLOCK_BYTES };

interface MemberContext {
  readonly pending: PendingHeaders;
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
  let pending: PendingHeaders = { records: undefined, longName: undefined, longLink: undefined };
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

function isPending(pending: PendingHeaders): boolean {
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
  const draft = headerOf(raw, records, pending);
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
