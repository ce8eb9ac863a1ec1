import { Buffer } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { LayerEntry } from '../../model/entry.ts';
import { OciError } from '../../model/oci-error.ts';
import { type ImagePath, parseImagePath } from '../../model/path.ts';
import { layerEntryOf } from './layer-entry.ts';
import { parseTar } from './parse-tar.ts';

/** A piece of a layer's tar: bytes as they were, or a file's content that is kept elsewhere. */
export type TarSplitPiece =
  | { readonly kind: 'raw'; readonly bytes: Buffer }
  | { readonly kind: 'content'; readonly sizeBytes: number; readonly line: string };

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const RAW_PREFIX = Buffer.from('{"type":2,"payload":"');
const CONTENT_PREFIX = Buffer.from('{"type":1,');

/**
 * The pieces of a tar-split record (unpacked): JSON lines in the order of the tar, type 2 with raw bytes in base64
 * and type 1 for a member's content (github.com/vbatts/tar-split, package storage). Contents of no bytes are left out.
 * `decode` turns base64 into bytes; it may give the same buffer again each time. Throws OciError `corrupt`.
 */
export function* tarSplitPieces(record: Buffer, decode = decodeAnew): Generator<TarSplitPiece> {
  let at = 0;
  while (at < record.length) {
    const newline = record.indexOf(NEWLINE, at);
    const end = newline === -1 ? record.length : newline;
    const piece = end > at ? parseLine(record, at, end, decode) : undefined;
    if (piece !== undefined) yield piece;
    at = end + 1;
  }
}

function decodeAnew(base64: string): Buffer {
  return Buffer.from(base64, 'base64');
}

/** Decodes into one buffer, for a reader that keeps nothing: a record of 40,000 members has 50 MB of base64. */
function decodeInPlace(): (base64: string) => Buffer {
  let scratch = Buffer.allocUnsafe(64 * 1024);
  return (base64) => {
    if (base64.length > scratch.length) scratch = Buffer.allocUnsafe(base64.length);
    return scratch.subarray(0, scratch.write(base64, 0, 'base64'));
  };
}

function parseLine(
  record: Buffer,
  start: number,
  end: number,
  decode: (base64: string) => Buffer,
): TarSplitPiece | undefined {
  const payload = start + RAW_PREFIX.length;
  if (startsWith(record, RAW_PREFIX, start, end)) {
    // Nearly all of the record is this: parsing it as JSON would copy each payload once more.
    const quote = record.indexOf(QUOTE, payload);
    if (quote !== -1 && quote < end)
      return { kind: 'raw', bytes: decode(record.toString('latin1', payload, quote)) };
  }
  const line = record.toString('utf8', start, end);
  // A quote inside a JSON string is escaped, so this can only be the key.
  if (startsWith(record, CONTENT_PREFIX, start, end) && !line.includes('"size":')) return undefined;
  return pieceOf(line, decode);
}

function startsWith(record: Buffer, prefix: Buffer, start: number, end: number): boolean {
  return (
    end - start > prefix.length &&
    record.compare(prefix, 0, prefix.length, start, start + prefix.length) === 0
  );
}

function pieceOf(line: string, decode: (base64: string) => Buffer): TarSplitPiece | undefined {
  const { type, payload, size = 0 } = parseObject(line);
  if (type === 2 && typeof payload === 'string') return { kind: 'raw', bytes: decode(payload) };
  if (type !== 1 || typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw new OciError('corrupt', 'a tar-split record holds a line of unknown meaning');
  }
  return size === 0 ? undefined : { kind: 'content', sizeBytes: size, line };
}

function parseObject(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw new OciError('corrupt', 'a tar-split record holds a line that is not JSON', { cause });
  }
  throw new OciError('corrupt', 'a tar-split record holds a line that is no object');
}

/** The path of a content's file; throws OciError `corrupt` or `hostile`. */
export function contentPath({ line }: Extract<TarSplitPiece, { kind: 'content' }>): ImagePath {
  const { name, name_raw: rawName } = parseObject(line);
  // Names that are no UTF-8 are in name_raw.
  if (typeof rawName === 'string') return parseImagePath(Buffer.from(rawName, 'base64'));
  if (typeof name === 'string') return parseImagePath(name);
  throw new OciError('corrupt', 'a tar-split record holds a content without a name');
}

/** Entries between two looks at whatever else waits: a few milliseconds. */
const BREATH_ENTRIES = 1000;

/**
 * The layer entries of a tar-split record, contents located by their offset in the tar. Lets others have the thread now
 * and then: an image is read while its container is being started.
 */
export async function indexTarSplit(record: Buffer): Promise<LayerEntry[]> {
  const entries: LayerEntry[] = [];
  const source = openPieces(tarSplitPieces(record, decodeInPlace()));
  const parser = parseTar('expanded');
  let step = parser.next();
  while (!step.done) {
    const request = step.value;
    switch (request.kind) {
      case 'read':
        step = parser.next(source.read(request.lengthBytes));
        break;
      case 'skip':
        source.skipContent(request.lengthBytes);
        source.skipPadding(request.padded - request.lengthBytes);
        step = parser.next();
        break;
      case 'member': {
        const entry = layerEntryOf(request.header, source.position());
        if (entry !== undefined) entries.push(entry);
        if (entries.length % BREATH_ENTRIES === 0) await setImmediate();
        step = parser.next();
      }
    }
  }
  return entries;
}

/** Walks pieces as one tar of which only the raw bytes are at hand. */
function openPieces(pieces: Iterator<TarSplitPiece>) {
  let bytes: Buffer = Buffer.alloc(0);
  let at = 0;
  let position = 0;
  let contentBytes = 0;
  /** Whether raw bytes follow here; stops at a content. */
  const pull = (): boolean => {
    while (at === bytes.length && contentBytes === 0) {
      const next = pieces.next();
      if (next.done === true) return false;
      if (next.value.kind === 'content') contentBytes = next.value.sizeBytes;
      else {
        bytes = next.value.bytes;
        at = 0;
      }
    }
    return at < bytes.length;
  };
  const take = (limit: number): Buffer => {
    const part = bytes.subarray(at, at + limit);
    at += part.length;
    position += part.length;
    return part;
  };
  return {
    position: () => position,
    read(lengthBytes: number): Buffer | undefined {
      if (lengthBytes > 0 && !pull()) {
        if (contentBytes > 0) throw misplaced();
        return undefined;
      }
      if (bytes.length - at >= lengthBytes) return take(lengthBytes);
      const parts: Buffer[] = [];
      let missing = lengthBytes;
      while (missing > 0) {
        if (!pull())
          throw contentBytes > 0
            ? misplaced()
            : new OciError('truncated', 'a tar-split record ends inside a header');
        const part = take(missing);
        // The next piece may be decoded into the same buffer.
        parts.push(Buffer.from(part));
        missing -= part.length;
      }
      return Buffer.concat(parts);
    },
    skipContent(lengthBytes: number): void {
      if (pull() || contentBytes !== lengthBytes) throw misplaced();
      contentBytes = 0;
      position += lengthBytes;
    },
    skipPadding(lengthBytes: number): void {
      let missing = lengthBytes;
      while (missing > 0 && pull()) missing -= take(missing).length;
    },
  };
}

function misplaced(): OciError {
  return new OciError('corrupt', 'a tar-split record has a content where its headers have none');
}
