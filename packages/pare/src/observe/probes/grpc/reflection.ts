import type { CallResult, GrpcConnection } from './connection.ts';
import { type Descriptors, parseDescriptors } from './descriptors.ts';
import { readFields, textField, type WireField } from './wire.ts';

/** Both versions have the same messages (grpc/grpc src/proto/grpc/reflection). */
const services = [
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
] as const;
/** Fields of ServerReflectionRequest. */
const request = { fileByName: 3, fileContainingSymbol: 4, listServices: 7 } as const;
/** Fields of ServerReflectionResponse. */
const response = { files: 4, services: 6, error: 7 } as const;
const fileLimit = 500;

/** A server that was asked for its services. */
export type Reflection =
  | { readonly kind: 'services'; readonly path: string; readonly names: readonly string[] }
  /** It has no reflection, or refuses it. */
  | { readonly kind: 'none'; readonly result: CallResult };

/** Asks for the names of all services, sorted. */
export async function listServices(connection: GrpcConnection, signal: AbortSignal): Promise<Reflection> {
  let last: CallResult | undefined;
  for (const path of services) {
    last = await connection.call(path, [textField(request.listServices, '*')], { signal });
    if (last.status !== 'OK') continue;
    const names = last.replies
      .flatMap((reply) => embedded(readFields(reply), response.services))
      .flatMap((list) => embedded(readFields(list), 1))
      .map((service) => textOf(readFields(service), 1));
    return { kind: 'services', path, names: [...new Set(names)].sort() };
  }
  return { kind: 'none', result: last ?? { status: 'UNIMPLEMENTED', message: '', replies: [] } };
}

/** What the server tells of a service and of all files that it needs. Throws Error when it tells nothing. */
export async function describeService(
  connection: GrpcConnection,
  path: string,
  service: string,
  signal: AbortSignal,
): Promise<Descriptors> {
  const files = new Map<string, Uint8Array>();
  const pending = [textField(request.fileContainingSymbol, service)];
  for (let next = pending.shift(); next !== undefined && files.size < fileLimit; next = pending.shift()) {
    const { replies, status, message } = await connection.call(path, [next], { signal });
    const found = replies
      .flatMap((reply) => embedded(readFields(reply), response.files))
      .flatMap((list) => embedded(readFields(list), 1));
    if (found.length === 0 && files.size === 0)
      throw new Error(`the server does not describe ${service}: ${status} ${message}${errorOf(replies)}`);
    for (const file of found) {
      const fields = readFields(file);
      const name = textOf(fields, 1);
      if (files.has(name)) continue;
      files.set(name, file);
      for (const dependency of fields.filter((field) => field.number === 3)) {
        const needed = dependency.kind === 'bytes' ? new TextDecoder().decode(dependency.bytes) : '';
        if (!files.has(needed)) pending.push(textField(request.fileByName, needed));
      }
    }
  }
  return parseDescriptors([...files.values()]);
}

function errorOf(replies: readonly Uint8Array[]): string {
  const errors = replies.flatMap((reply) => embedded(readFields(reply), response.error));
  return errors.map((error) => textOf(readFields(error), 2)).join(' ');
}

function embedded(fields: readonly WireField[], wanted: number): readonly Uint8Array[] {
  return fields.flatMap((field) => (field.number === wanted && field.kind === 'bytes' ? [field.bytes] : []));
}

function textOf(fields: readonly WireField[], wanted: number): string {
  const [bytes] = embedded(fields, wanted);
  return bytes === undefined ? '' : new TextDecoder().decode(bytes);
}
