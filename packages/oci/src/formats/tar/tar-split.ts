import { Buffer } from 'node:buffer';
import type { LayerEntry } from '../../model/entry.ts';
import { OciError } from '../../model/oci-error.ts';
import { type ImagePath, parseImagePath } from '../../model/path.ts';
import { layerEntryOf } from './layer-entry.ts';
import { parseTar } from './parse-tar.ts';

/** A piece of a layer's tar: bytes as they were, or a file's content that is kept elsewhere. */
export type TarSplitPiece =
  | { readonly kind: 'raw'; readonly bytes: Buffer }
  | { readonly kind: 'content'; readonly path: ImagePath; readonly sizeBytes: number };

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const RAW_PREFIX = Buffer.from('{"type":2,"payload":"');

/**
 * The pieces of a tar-split record (unpacked): JSON lines in the order of the tar, type 2 with raw bytes in base64
 * and type 1 for a member's content (github.com/vbatts/tar-split, package storage). Contents of no bytes are left out.
 * Throws OciError `corrupt`.
 */
export function* tarSplitPieces(record: Buffer): Generator<TarSplitPiece> {
  let at = 0;
  while (at < record.length) {
    const newline = record.indexOf(NEWLINE, at);
    const end = newline === -1 ? record.length : newline;
    const piece = end > at ? parseLine(record, at, end) : undefined;
    if (piece !== undefined) yield piece;
    at = end + 1;
  }
}

function parseLine(record: Buffer, start: number, end: number): TarSplitPiece | undefined {
  const payload = start + RAW_PREFIX.length;
  if (end > payload && record.compare(RAW_PREFIX, 0, RAW_PREFIX.length, start, payload) === 0) {
    // Most of the record is this: parsing it as JSON would copy each payload once more.
    const quote = record.indexOf(QUOTE, payload);
    if (quote !== -1 && quote < end) {
      return { kind: 'raw', bytes: Buffer.from(record.toString('latin1', payload, quote), 'base64') };
    }
  }
  return pieceOf(parseObject(record.toString('utf8', start, end)));
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

function pieceOf(line: Readonly<Record<string, unknown>>): TarSplitPiece | undefined {
  if (line.type === 2 && typeof line.payload === 'string') {
    return { kind: 'raw', bytes: Buffer.from(line.payload, 'base64') };
  }
  const sizeBytes = line.size ?? 0;
  if (line.type !== 1 || typeof sizeBytes !== 'number' || !Number.isSafeInteger(sizeBytes) || sizeBytes < 0) {
    throw new OciError('corrupt', 'a tar-split record holds a line of unknown meaning');
  }
  if (sizeBytes === 0) return undefined;
  // Names that are no UTF-8 are in name_raw.
  const name = typeof line.name_raw === 'string' ? Buffer.from(line.name_raw, 'base64') : line.name;
  if (typeof name !== 'string' && !(name instanceof Uint8Array)) {
    throw new OciError('corrupt', 'a tar-split record holds a content without a name');
  }
  return { kind: 'content', path: parseImagePath(name), sizeBytes };
}

/** The layer entries of a tar-split record, contents located by their offset in the tar. */
export function indexTarSplit(record: Buffer): LayerEntry[] {
  const entries: LayerEntry[] = [];
  const source = openPieces(tarSplitPieces(record));
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
        parts.push(part);
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
