import type { WireField } from './wire.ts';

/** A number of the wire as its 64 bits, whatever wire type it came in. */
type Bits = { readonly kind: WireField['kind']; readonly bytes: Uint8Array; readonly value: bigint };

interface Scalar {
  readonly kind: WireField['kind'];
  readonly decode: (bits: Bits) => unknown;
  /** Throws Error for a value that is none of this type. */
  readonly encode: (value: unknown) => bigint | Uint8Array;
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function written(length: number, write: (target: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  write(new DataView(bytes.buffer));
  return bytes;
}

function integer(value: unknown): bigint {
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'bigint')
    return BigInt(value);
  throw new Error(`${JSON.stringify(value)} is no whole number`);
}

function real(value: unknown): number {
  const number = Number(value);
  if (typeof value === 'number' || typeof value === 'string') return number;
  throw new Error(`${JSON.stringify(value)} is no number`);
}

/** Whole numbers of 64 bits are strings in protobuf's JSON. */
const signed = (bits: bigint, size: 32 | 64) =>
  size === 32 ? Number(BigInt.asIntN(32, bits)) : String(BigInt.asIntN(64, bits));
const unsigned = (bits: bigint, size: 32 | 64) =>
  size === 32 ? Number(BigInt.asUintN(32, bits)) : String(BigInt.asUintN(64, bits));
const zigzag = (bits: bigint) => (bits >> 1n) ^ -(bits & 1n);

const varint = (
  decode: (bits: bigint) => unknown,
  encode: (value: bigint) => bigint = (value) => value,
): Scalar => ({
  kind: 'varint',
  decode: ({ value }) => decode(value),
  encode: (value) => encode(integer(value)),
});

const fixed = (
  kind: 'fixed32' | 'fixed64',
  decode: (source: DataView) => unknown,
  encode: (target: DataView, value: unknown) => void,
): Scalar => ({
  kind,
  decode: ({ bytes }) => decode(view(bytes)),
  encode: (value) => written(kind === 'fixed32' ? 4 : 8, (target) => encode(target, value)),
});

const toZigzag = (value: bigint) => (value << 1n) ^ (value >> 63n);

/** How each scalar type of FieldDescriptorProto.Type is read and written; protobuf.dev, "Encoding" and "JSON". */
export const scalars: Readonly<Record<number, Scalar>> = {
  1: fixed(
    'fixed64',
    (source) => source.getFloat64(0, true),
    (target, value) => target.setFloat64(0, real(value), true),
  ),
  2: fixed(
    'fixed32',
    (source) => source.getFloat32(0, true),
    (target, value) => target.setFloat32(0, real(value), true),
  ),
  3: varint((bits) => signed(bits, 64)),
  4: varint((bits) => unsigned(bits, 64)),
  5: varint((bits) => signed(bits, 32)),
  6: fixed(
    'fixed64',
    (source) => String(source.getBigUint64(0, true)),
    (target, value) => target.setBigUint64(0, integer(value), true),
  ),
  7: fixed(
    'fixed32',
    (source) => source.getUint32(0, true),
    (target, value) => target.setUint32(0, real(value), true),
  ),
  8: {
    kind: 'varint',
    decode: ({ value }) => value !== 0n,
    encode: (value) => (value === true ? 1n : 0n),
  },
  9: {
    kind: 'bytes',
    decode: ({ bytes }) => new TextDecoder().decode(bytes),
    encode: (value) => Buffer.from(String(value)),
  },
  12: {
    kind: 'bytes',
    decode: ({ bytes }) => Buffer.from(bytes).toString('base64'),
    encode: (value) => Buffer.from(String(value), 'base64'),
  },
  13: varint((bits) => unsigned(bits, 32)),
  15: fixed(
    'fixed32',
    (source) => source.getInt32(0, true),
    (target, value) => target.setInt32(0, real(value), true),
  ),
  16: fixed(
    'fixed64',
    (source) => String(source.getBigInt64(0, true)),
    (target, value) => target.setBigInt64(0, integer(value), true),
  ),
  17: varint((bits) => signed(zigzag(bits), 32), toZigzag),
  18: varint((bits) => signed(zigzag(bits), 64), toZigzag),
};
