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
   * Takes the next bytes, cut anywhere, and returns the records that are whole with them. Throws
   * SensorRecordError; after that the decoder is of no more use.
   */
  push(chunk: Uint8Array): SensorRecord[];
  /** `complete` is false when the record ends within a frame, or holds none. */
  end(): { readonly complete: boolean };
}

/** Creates a decoder for one record, from its first byte. */
export function createRecordDecoder(): RecordDecoder {
  let rest: Uint8Array = new Uint8Array(0);
  let greeted = false;
  let ended = false;

  function takeFrame(bytes: Uint8Array, at: number): Uint8Array | undefined {
    if (bytes.length - at < lengthBytes) return undefined;
    const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0, true);
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
    // A copy, also of a Buffer, whose slice() is none: the caller may use its memory again.
    rest = new Uint8Array(bytes.subarray(at));
    return records;
  }

  return {
    push,
    end() {
      ended = true;
      return { complete: greeted && rest.length === 0 };
    },
  };
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
