import { Buffer } from 'node:buffer';
import { Decompress } from 'fzstd';
import { OciError } from '../model/oci-error.ts';

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** What zstd's own decoder takes unless told otherwise (ZSTD_WINDOWLOG_LIMIT_DEFAULT is 27). */
const WINDOW_LIMIT_BYTES = 128 * 1024 * 1024;
/** Largest block (RFC 8878 section 3.1.1.2.4). */
const BLOCK_LIMIT_BYTES = 128 * 1024;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/**
 * Decompresses zstd (RFC 8878) in JavaScript, for a Node whose zlib lacks it (before 22.15). It is fed block by block, so
 * that no input unfolds to more than 128 KiB at once, and frames that want a window above 128 MiB are refused. Checksums
 * of frames are passed over: layers have digests. Throws OciError `truncated`, `corrupt` or `too-large`.
 */
export async function* unpackZstd(
  source: AsyncIterable<Uint8Array>,
  label: string,
): AsyncGenerator<Uint8Array> {
  const reader = byteReader(source, label);
  let frames = 0;
  try {
    while (!(await reader.atEnd())) {
      const magic = await reader.take(4);
      const word = magic.readUInt32LE(0);
      if (word === FRAME_MAGIC) yield* unpackFrame(magic, reader, label);
      else if (word >>> 4 === SKIPPABLE_MAGIC >>> 4)
        await reader.skip((await reader.take(4)).readUInt32LE(0));
      else throw corrupt(label);
      frames += 1;
    }
  } finally {
    await reader.close();
  }
  if (frames === 0) throw new OciError('truncated', `${label} ends inside its compressed data`);
}

async function* unpackFrame(magic: Buffer, reader: ByteReader, label: string): AsyncGenerator<Uint8Array> {
  const output: Uint8Array[] = [];
  const decoder = new Decompress((chunk) => void output.push(chunk));
  const header = await readFrameHeader(reader, label);
  let lead: readonly Uint8Array[] = [magic, header.bytes];
  for (let last = false; !last; ) {
    const blockHeader = await reader.take(3);
    const bits = blockHeader.readUIntLE(0, 3);
    last = (bits & 1) === 1;
    const type = (bits >> 1) & 3;
    const sizeBytes = bits >> 3;
    if (type === RESERVED_BLOCK || sizeBytes > BLOCK_LIMIT_BYTES) throw corrupt(label);
    const content = await reader.take(type === RLE_BLOCK ? 1 : sizeBytes);
    const checksum = last && header.checksummed ? await reader.take(4) : Buffer.alloc(0);
    push(decoder, Buffer.concat([...lead, blockHeader, content, checksum]), last, label);
    lead = [];
    yield* output.splice(0).filter((chunk) => chunk.length > 0);
  }
}

function push(decoder: Decompress, bytes: Uint8Array, last: boolean, label: string): void {
  try {
    decoder.push(bytes, last);
  } catch (cause) {
    throw corrupt(label, cause);
  }
}

/** The frame header after the magic number (RFC 8878 section 3.1.1.1). */
async function readFrameHeader(reader: ByteReader, label: string) {
  const descriptor = await reader.take(1);
  const flags = descriptor.readUInt8(0);
  const singleSegment = (flags & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  const sizeField = flags >> 6;
  const contentBytes = sizeField === 0 ? (singleSegment ? 1 : 0) : 1 << sizeField;
  const windowDescriptor = await reader.take(singleSegment ? 0 : 1);
  const dictionary = await reader.take(dictionaryBytes);
  const content = await reader.take(contentBytes);
  if (windowOf(windowDescriptor, content) > WINDOW_LIMIT_BYTES) {
    throw new OciError('too-large', `${label} wants a zstd window above ${WINDOW_LIMIT_BYTES} bytes`);
  }
  return {
    bytes: Buffer.concat([descriptor, windowDescriptor, dictionary, content]),
    checksummed: (flags & 4) !== 0,
  };
}

function windowOf(descriptor: Buffer, content: Buffer): number {
  const [byte] = descriptor;
  if (byte === undefined) {
    if (content.length === 8) return Number(content.readBigUInt64LE(0));
    return content.readUIntLE(0, content.length) + (content.length === 2 ? 256 : 0);
  }
  const base = 2 ** (10 + (byte >> 3));
  return base + (base / 8) * (byte & 7);
}

interface ByteReader {
  atEnd(): Promise<boolean>;
  /** Exactly that many bytes; throws OciError `truncated`. */
  take(lengthBytes: number): Promise<Buffer>;
  skip(lengthBytes: number): Promise<void>;
  /** Ends the source where it was not read to its end. */
  close(): Promise<void>;
}

function byteReader(source: AsyncIterable<Uint8Array>, label: string): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  const refill = async (): Promise<boolean> => {
    while (held.length === 0) {
      const next = await chunks.next();
      if (next.done === true) return false;
      held = next.value;
    }
    return true;
  };
  const pull = async (most: number): Promise<Uint8Array> => {
    if (!(await refill())) throw new OciError('truncated', `${label} ends inside its compressed data`);
    const piece = held.subarray(0, most);
    held = held.subarray(piece.length);
    return piece;
  };
  return {
    atEnd: async () => !(await refill()),
    async take(lengthBytes) {
      const parts: Uint8Array[] = [];
      for (let left = lengthBytes; left > 0; ) {
        const piece = await pull(left);
        parts.push(piece);
        left -= piece.length;
      }
      return Buffer.concat(parts);
    },
    async skip(lengthBytes) {
      for (let left = lengthBytes; left > 0; ) left -= (await pull(left)).length;
    },
    async close() {
      await chunks.return?.();
    },
  };
}

function corrupt(label: string, cause?: unknown): OciError {
  return new OciError('corrupt', `${label} is not validly compressed`, { cause });
}
