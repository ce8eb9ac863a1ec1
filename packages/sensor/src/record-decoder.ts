import { decodeFrame } from './decode-frame.ts';
import type { SensorRecord } from './record.ts';
import { SensorRecordError } from './sensor-record-error.ts';

const lengthBytes = 4;
/** The sensor's frames are below this (native/record.h, RECORD_BUFFER). */
const maxFrameBytes = 512 * 1024;
const helloKind = 1;

/** Decodes a record as it grows. */
export interface RecordDecoder {
  /**
   * Takes the next bytes, cut anywhere, and returns the records that are whole with them. A length of zero is the end, whatever
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

  function takeFrame(bytes: Uint8Array, at: number): Uint8Array | undefined {
    if (bytes.length - at < lengthBytes) return undefined;
    const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0, true);
    over = length === 0;
    if (over) return undefined;
    const isHello = bytes[at + lengthBytes] === helloKind;
    if (!greeted && bytes.length - at > lengthBytes && !isHello) {
      throw new SensorRecordError('not-a-record', 'a record of the sensor begins with a hello frame');
    }
    if (length > maxFrameBytes) {
      throw new SensorRecordError(greeted ? 'frame-too-long' : 'not-a-record', `a frame of ${length} bytes`);
    }
    if (bytes.length - at < lengthBytes + length) return undefined;
    return bytes.subarray(at + lengthBytes, at + lengthBytes + length);
  }

  function push(chunk: Uint8Array): SensorRecord[] {
    if (ended) throw new SensorRecordError('decoder-ended', 'bytes after the end of the record');
    if (over) {
      onlyZerosBehind &&= isZero(chunk);
      return [];
    }
    const bytes = rest.length === 0 ? chunk : concatenate(rest, chunk);
    const records: SensorRecord[] = [];
    let at = 0;
    for (let frame = takeFrame(bytes, at); frame !== undefined; frame = takeFrame(bytes, at)) {
      const record = decodeFrame(frame);
      if (record.kind === 'hello' && greeted) {
        throw new SensorRecordError('malformed-frame', 'a second hello frame');
      }
      greeted = true;
      records.push(record);
      at += lengthBytes + frame.length;
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

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

/**
 * How many bytes of a record that is still written may be decoded, when the same place of the file was read twice, one after the
 * other: whole frames of `after` that were there `before`. A frame's length is written behind its body, but a reader may see the two in
 * another order, or half of the length: what the second look adds to the first is left for the next time.
 */
export function settledBytes(before: Uint8Array, after: Uint8Array): number {
  const view = new DataView(after.buffer, after.byteOffset, after.byteLength);
  const end = Math.min(before.length, after.length);
  let at = 0;
  while (end - at >= lengthBytes && !isZero(before.subarray(at, at + lengthBytes))) {
    const next = at + lengthBytes + view.getUint32(at, true);
    if (next > end || next === at + lengthBytes) break;
    at = next;
  }
  return at;
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
