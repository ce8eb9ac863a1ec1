import type { Descriptors, FieldDescriptor } from './descriptors.ts';
import { scalars } from './scalars.ts';
import { readFields, type WireField, writeField, writeVarint } from './wire.ts';

/** FieldDescriptorProto.Type of what is no scalar. */
const enumType = 14;
const messageType = 11;
const nestingLimit = 64;

type Json = Readonly<Record<string, unknown>>;

/**
 * Writes a message from its JSON form (protobuf.dev, "JSON mapping"; well-known types as plain messages). Throws Error that
 * names a field which the type does not have, or a value that does not fit.
 */
export function encodeMessage(type: string, value: unknown, descriptors: Descriptors): Uint8Array {
  const message = descriptors.messages.get(type);
  if (message === undefined) throw new Error(`the server does not describe ${type}`);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${type} must be a mapping`);
  const parts: Uint8Array[] = [];
  for (const [key, inner] of Object.entries(value as Json)) {
    const field = message.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    if (field === undefined) throw new Error(`${type} has no field ${key}`);
    if (inner === null || inner === undefined) continue;
    for (const one of elementsOf(field, inner, descriptors)) parts.push(encodeField(field, one, descriptors));
  }
  return Buffer.concat(parts);
}

/** A map is a list of entries on the wire. */
function elementsOf(field: FieldDescriptor, value: unknown, descriptors: Descriptors): readonly unknown[] {
  if (!field.repeated) return [value];
  if (Array.isArray(value)) return value;
  if (
    descriptors.messages.get(field.typeName)?.mapEntry === true &&
    typeof value === 'object' &&
    value !== null
  )
    return Object.entries(value).map(([key, inner]) => ({ key, value: inner }));
  throw new Error(`${field.name} must be a list`);
}

function encodeField(field: FieldDescriptor, value: unknown, descriptors: Descriptors): Uint8Array {
  const { number } = field;
  if (field.type === messageType)
    return writeField({ kind: 'bytes', number, bytes: encodeMessage(field.typeName, value, descriptors) });
  if (field.type === enumType)
    return writeField({ kind: 'varint', number, value: enumNumber(field, value, descriptors) });
  const scalar = scalars[field.type];
  if (scalar === undefined) throw new Error(`${field.name} has a type that cannot be written`);
  const written = scalar.encode(value);
  return scalar.kind === 'varint'
    ? writeField({ kind: 'varint', number, value: written as bigint })
    : writeField({ kind: scalar.kind, number, bytes: written as Uint8Array });
}

function enumNumber(field: FieldDescriptor, value: unknown, descriptors: Descriptors): bigint {
  if (typeof value === 'number') return BigInt(value);
  const names = descriptors.enums.get(field.typeName) ?? new Map<number, string>();
  for (const [number, name] of names) if (name === value) return BigInt(number);
  throw new Error(`${field.typeName} has no value ${JSON.stringify(value)}`);
}

/** Reads a message into its JSON form; fields that it does not know are left out. Throws Error for bytes that are none. */
export function decodeMessage(type: string, bytes: Uint8Array, descriptors: Descriptors, depth = 0): Json {
  if (depth > nestingLimit) throw new Error('messages are nested too deeply');
  const message = descriptors.messages.get(type);
  const result: Record<string, unknown> = {};
  for (const wire of readFields(bytes)) {
    const field = message?.fields.find(({ number }) => number === wire.number);
    if (field === undefined) continue;
    const values = decodeField(field, wire, descriptors, depth);
    if (!field.repeated) result[field.jsonName] = values.at(-1);
    else if (descriptors.messages.get(field.typeName)?.mapEntry === true)
      result[field.jsonName] = { ...(result[field.jsonName] as Json | undefined), ...entryOf(values[0]) };
    else result[field.jsonName] = [...((result[field.jsonName] as unknown[] | undefined) ?? []), ...values];
  }
  return result;
}

function entryOf(value: unknown): Json {
  const { key, value: inner } = value as { readonly key?: unknown; readonly value?: unknown };
  return { [String(key ?? '')]: inner };
}

/** Repeated numbers come packed in one field, or each in one of its own. */
function decodeField(
  field: FieldDescriptor,
  wire: WireField,
  descriptors: Descriptors,
  depth: number,
): readonly unknown[] {
  if (field.type === messageType)
    return wire.kind === 'bytes' ? [decodeMessage(field.typeName, wire.bytes, descriptors, depth + 1)] : [];
  const isEnum = field.type === enumType;
  const kind = isEnum ? 'varint' : scalars[field.type]?.kind;
  const single = wire.kind === kind ? [wire] : unpack(wire, kind);
  return single.map((one) => {
    const bits =
      one.kind === 'varint'
        ? { kind: one.kind, bytes: new Uint8Array(), value: one.value }
        : { kind: one.kind, bytes: one.bytes, value: 0n };
    if (!isEnum) return scalars[field.type]?.decode(bits);
    const number = Number(BigInt.asIntN(32, bits.value));
    return descriptors.enums.get(field.typeName)?.get(number) ?? number;
  });
}

/** Elements of a packed field: as many fields, each behind a tag of our own, as the wire reader wants them. */
function unpack(wire: WireField, kind: WireField['kind'] | undefined): readonly WireField[] {
  if (wire.kind !== 'bytes' || kind === undefined || kind === 'bytes') return [];
  if (kind === 'varint') {
    const tag = writeVarint(BigInt(wire.number) << 3n);
    const parts: Uint8Array[] = [];
    for (let at = 0; at < wire.bytes.length; ) {
      let end = at;
      while ((wire.bytes[end] ?? 0) >= 0x80) end += 1;
      parts.push(tag, wire.bytes.subarray(at, end + 1));
      at = end + 1;
    }
    return readFields(Buffer.concat(parts));
  }
  const size = kind === 'fixed32' ? 4 : 8;
  return Array.from({ length: Math.floor(wire.bytes.length / size) }, (_, index) => ({
    kind,
    number: wire.number,
    bytes: wire.bytes.subarray(index * size, (index + 1) * size),
  }));
}
