import { decodeFrame } from './decode-frame.ts';
import { FrameReader } from './frame-reader.ts';
import type { SensorRecord } from './record.ts';
import { SensorRecordError } from './sensor-record-error.ts';

const lengthBytes = 4;
/** The sensor's frames are below this (native/record.h, RECORD_BUFFER). */
const maxFrameBytes = 512 * 1024;
const helloKind = 1;

/** Decodes a record as it grows. */
export interface RecordDecoder {
  /**
   * Takes the next bytes, cut anywhere, and returns the records that are whole with them. Bytes in these are views of the chunk, good for
   * as long as it stays as it is. A length of zero is the end, whatever
   * follows: of a record that is still written, only what `settledBytes` counts may be given. Throws SensorRecordError; after that the
   * decoder is of no more use.
   */
  push(chunk: Uint8Array): SensorRecord[];
  /** `complete` is false when the record ends within a frame, or holds none. Zeros at its end are disk space that was not used. */
  end(): { readonly complete: boolean };
}

/** Creates a decoder for one record, from its first byte. */
export function createRecordDecoder(): RecordDecoder {
  let rest: Uint8Array = new Uint8Array(0);
  let greeted = false;
  let ended = false;
  /** Behind the last frame. */
  let over = false;
  let onlyZerosBehind = true;

  /** Length of the frame at `at`; undefined where it is not whole, and behind the last. */
  function frameLength(bytes: Uint8Array, view: DataView, at: number): number | undefined {
    const there = bytes.length - at - lengthBytes;
    if (there < 0) return undefined;
    const length = view.getUint32(at, true);
    over = length === 0;
    if (over) return undefined;
    if (!greeted && there > 0 && bytes[at + lengthBytes] !== helloKind) {
      throw new SensorRecordError('not-a-record', 'a record of the sensor begins with a hello frame');
    }
    if (length > maxFrameBytes) {
      throw new SensorRecordError(greeted ? 'frame-too-long' : 'not-a-record', `a frame of ${length} bytes`);
    }
    return length > there ? undefined : length;
  }

  function push(chunk: Uint8Array): SensorRecord[] {
    if (ended) throw new SensorRecordError('decoder-ended', 'bytes after the end of the record');
    if (over) {
      onlyZerosBehind &&= isZero(chunk);
      return [];
    }
    const bytes = rest.length === 0 ? plain(chunk) : concatenate(rest, chunk);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const reader = new FrameReader(bytes);
    const records: SensorRecord[] = [];
    let at = 0;
    for (
      let length = frameLength(bytes, view, at);
      length !== undefined;
      length = frameLength(bytes, view, at)
    ) {
      reader.open(at + lengthBytes, length);
      const record = decodeFrame(reader);
      if (record.kind === 'hello' && greeted) {
        throw new SensorRecordError('malformed-frame', 'a second hello frame');
      }
      greeted = true;
      records.push(record);
      at += lengthBytes + length;
    }
    if (over) {
      onlyZerosBehind = isZero(bytes.subarray(at));
      rest = new Uint8Array(0);
      return records;
    }
    // A copy, also of a Buffer, whose slice() is none: the caller may use its memory again.
    rest = new Uint8Array(bytes.subarray(at));
    return records;
  }

  return {
    push,
    end() {
      ended = true;
      return { complete: greeted && onlyZerosBehind && isZero(rest) };
    },
  };
}

/** Told by one native comparison, of each byte with the one before it: there may be 256 KiB of zeros. */
const isZero = (bytes: Uint8Array): boolean =>
  bytes.length === 0 || (bytes[0] === 0 && Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0);

/**
 * How many bytes of a record that is still written may be decoded, when the same place of the file was read twice, one after the
 * other: whole frames of `after` that were there `before`. A frame's length is written behind its body, but a reader may see the two in
 * another order, or half of the length: what the second look adds to the first is left for the next time.
 */
export function settledBytes(before: Uint8Array, after: Uint8Array): number {
  const then = new DataView(before.buffer, before.byteOffset, before.byteLength);
  const now = new DataView(after.buffer, after.byteOffset, after.byteLength);
  const end = Math.min(before.length, after.length);
  let at = 0;
  while (end - at >= lengthBytes && then.getUint32(at, true) !== 0) {
    const next = at + lengthBytes + now.getUint32(at, true);
    if (next > end || next === at + lengthBytes) break;
    at = next;
  }
  return at;
}

/** Views of a Buffer would be Buffers, which are dearer to make. */
function plain({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

/**
 * Decodes a whole record. A last frame that is cut short (the container was killed) ends the stream as if it
 * were not there; use `createRecordDecoder` to learn of it. Throws SensorRecordError.
 */
export async function* decodeRecords(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SensorRecord> {
  const decoder = createRecordDecoder();
  for await (const chunk of chunks) yield* decoder.push(chunk);
}
