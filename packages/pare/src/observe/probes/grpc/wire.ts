/** The wire format of Protocol Buffers (protobuf.dev, "Encoding"): as much of it as descriptors and messages need. */

/** A field as it is on the wire. */
export type WireField =
  | { readonly kind: 'varint'; readonly number: number; readonly value: bigint }
  | { readonly kind: 'fixed64'; readonly number: number; readonly bytes: Uint8Array }
  | { readonly kind: 'bytes'; readonly number: number; readonly bytes: Uint8Array }
  | { readonly kind: 'fixed32'; readonly number: number; readonly bytes: Uint8Array };

/** Wire types; groups (3 and 4) are not in use since proto2's first days. */
const wireTypes = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/** Reads the fields of one message in their order. Throws Error for bytes that are none. */
export function readFields(bytes: Uint8Array): readonly WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw new Error('a message ends in the middle of a number');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new Error('a number of a message is longer than 10 bytes');
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('a message ends in the middle of a field');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    switch (Number(tag & 7n)) {
      case wireTypes.varint:
        fields.push({ kind: 'varint', number, value: varint() });
        break;
      case wireTypes.fixed64:
        fields.push({ kind: 'fixed64', number, bytes: take(8) });
        break;
      case wireTypes.bytes:
        fields.push({ kind: 'bytes', number, bytes: take(Number(varint())) });
        break;
      case wireTypes.fixed32:
        fields.push({ kind: 'fixed32', number, bytes: take(4) });
        break;
      default:
        throw new Error(`field ${number} of a message has an unknown wire type`);
    }
  }
  return fields;
}

/** Writes a number without its tag; negative ones as 64 bits. */
export function writeVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}

/** Writes one field with its tag. */
export function writeField(field: WireField): Uint8Array {
  const tag = writeVarint((BigInt(field.number) << 3n) | BigInt(wireTypes[field.kind]));
  switch (field.kind) {
    case 'varint':
      return Buffer.concat([tag, writeVarint(field.value)]);
    case 'bytes':
      return Buffer.concat([tag, writeVarint(BigInt(field.bytes.length)), field.bytes]);
    case 'fixed32':
    case 'fixed64':
      return Buffer.concat([tag, field.bytes]);
  }
}

/** A field that holds text. */
export function textField(number: number, text: string): Uint8Array {
  return writeField({ kind: 'bytes', number, bytes: Buffer.from(text) });
}
