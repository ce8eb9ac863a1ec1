/** The records of FastCGI, version 1 (FastCGI specification, section 3.3). */
export const recordTypes = { begin: 1, end: 3, params: 4, stdin: 5, stdout: 6, stderr: 7 } as const;

const headerBytes = 8;
const contentLimit = 0xffff;
const requestId = 1;

/** One record; longer contents than 65535 bytes must be split by `encodeStream`. */
export function encodeRecord(type: number, content: Uint8Array): Uint8Array {
  const header = new Uint8Array(headerBytes);
  header.set([1, type, requestId >> 8, requestId & 0xff, content.length >> 8, content.length & 0xff, 0, 0]);
  return Buffer.concat([header, content]);
}

/** A stream of records; the empty one at the end closes it. */
export function encodeStream(type: number, content: Uint8Array): Uint8Array {
  const records: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += contentLimit) {
    records.push(encodeRecord(type, content.subarray(at, at + contentLimit)));
  }
  return Buffer.concat([...records, encodeRecord(type, new Uint8Array())]);
}

/** Name-value pairs (section 3.4): a length below 128 takes one byte, else four with the highest bit set. */
export function encodeParams(params: Readonly<Record<string, string>>): Uint8Array {
  const pairs = Object.entries(params).map(([name, value]) => {
    const [key, content] = [Buffer.from(name), Buffer.from(value)];
    return Buffer.concat([encodeLength(key.length), encodeLength(content.length), key, content]);
  });
  return Buffer.concat(pairs);
}

function encodeLength(length: number): Uint8Array {
  if (length < 128) return Uint8Array.of(length);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE((length | 0x80000000) >>> 0);
  return bytes;
}

export interface FastcgiRecord {
  readonly type: number;
  readonly content: Uint8Array;
}

/** Takes bytes as they come and gives the records that are whole. Throws Error for bytes that are no FastCGI. */
export function createRecordReader(): (chunk: Uint8Array) => readonly FastcgiRecord[] {
  let rest: Uint8Array = new Uint8Array();
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const records: FastcgiRecord[] = [];
    for (;;) {
      const [version, type = 0, , , high = 0, low = 0, padding = 0] = rest;
      if (version === undefined) return records;
      if (version !== 1) throw new Error('the answer is not FastCGI');
      const contentEnd = headerBytes + ((high << 8) | low);
      if (rest.length < contentEnd + padding) return records;
      records.push({ type, content: rest.subarray(headerBytes, contentEnd) });
      rest = rest.subarray(contentEnd + padding);
    }
  };
}
