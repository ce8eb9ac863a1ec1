import { readFields, type WireField } from './wire.ts';

/** What `google/protobuf/descriptor.proto` tells of a message's field. */
export interface FieldDescriptor {
  readonly name: string;
  readonly jsonName: string;
  readonly number: number;
  /** FieldDescriptorProto.Type: 1 double … 18 sint64. */
  readonly type: number;
  /** Full name of a message or an enumeration, without the leading dot. */
  readonly typeName: string;
  readonly repeated: boolean;
}

export interface MessageDescriptor {
  readonly fields: readonly FieldDescriptor[];
  /** Whether it is the entry of a map field: key is field 1 and value field 2. */
  readonly mapEntry: boolean;
}

export interface MethodDescriptor {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly clientStreaming: boolean;
  readonly serverStreaming: boolean;
}

/** Everything that the files told of so far, by full name. */
export interface Descriptors {
  readonly files: ReadonlySet<string>;
  readonly messages: ReadonlyMap<string, MessageDescriptor>;
  /** Names of values by number. */
  readonly enums: ReadonlyMap<string, ReadonlyMap<number, string>>;
  readonly services: ReadonlyMap<string, readonly MethodDescriptor[]>;
}

/** Nested messages deeper than this are an attack. */
const nestingLimit = 32;
const repeatedLabel = 3n;

/** Parses serialised FileDescriptorProto messages. Throws Error for bytes that are none. */
export function parseDescriptors(files: readonly Uint8Array[]): Descriptors {
  const found = {
    files: new Set<string>(),
    messages: new Map<string, MessageDescriptor>(),
    enums: new Map<string, ReadonlyMap<number, string>>(),
    services: new Map<string, readonly MethodDescriptor[]>(),
  };
  for (const file of files) {
    const fields = readFields(file);
    found.files.add(text(fields, 1));
    const scope = text(fields, 2);
    for (const message of messages(fields, 4)) addMessage(message, scope, found, 0);
    for (const one of messages(fields, 5)) addEnum(one, scope, found.enums);
    for (const service of messages(fields, 6)) {
      const methods = messages(service, 2).map(parseMethod);
      found.services.set(join(scope, text(service, 1)), methods);
    }
  }
  return found;
}

interface Found {
  readonly messages: Map<string, MessageDescriptor>;
  readonly enums: Map<string, ReadonlyMap<number, string>>;
}

function addMessage(fields: readonly WireField[], scope: string, found: Found, depth: number): void {
  if (depth > nestingLimit) throw new Error('messages are nested too deeply');
  const name = join(scope, text(fields, 1));
  const mapEntry = messages(fields, 7).some((options) => number(options, 7) === 1n);
  found.messages.set(name, { fields: messages(fields, 2).map(parseField), mapEntry });
  for (const nested of messages(fields, 3)) addMessage(nested, name, found, depth + 1);
  for (const one of messages(fields, 4)) addEnum(one, name, found.enums);
}

function addEnum(
  fields: readonly WireField[],
  scope: string,
  enums: Map<string, ReadonlyMap<number, string>>,
): void {
  const values = messages(fields, 2).map(
    (value) => [Number(BigInt.asIntN(32, number(value, 2))), text(value, 1)] as const,
  );
  enums.set(join(scope, text(fields, 1)), new Map(values));
}

function parseField(fields: readonly WireField[]): FieldDescriptor {
  const name = text(fields, 1);
  return {
    name,
    jsonName: text(fields, 10) || camelCase(name),
    number: Number(number(fields, 3)),
    type: Number(number(fields, 5)),
    typeName: text(fields, 6).replace(/^\./, ''),
    repeated: number(fields, 4) === repeatedLabel,
  };
}

function parseMethod(fields: readonly WireField[]): MethodDescriptor {
  return {
    name: text(fields, 1),
    input: text(fields, 2).replace(/^\./, ''),
    output: text(fields, 3).replace(/^\./, ''),
    clientStreaming: number(fields, 5) === 1n,
    serverStreaming: number(fields, 6) === 1n,
  };
}

function join(scope: string, name: string): string {
  return scope === '' ? name : `${scope}.${name}`;
}

function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function text(fields: readonly WireField[], wanted: number): string {
  const field = fields.findLast((one) => one.number === wanted);
  return field?.kind === 'bytes' ? new TextDecoder().decode(field.bytes) : '';
}

function number(fields: readonly WireField[], wanted: number): bigint {
  const field = fields.findLast((one) => one.number === wanted);
  return field?.kind === 'varint' ? field.value : 0n;
}

function messages(fields: readonly WireField[], wanted: number): readonly (readonly WireField[])[] {
  return fields.flatMap((field) =>
    field.number === wanted && field.kind === 'bytes' ? [readFields(field.bytes)] : [],
  );
}
