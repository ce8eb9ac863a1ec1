import { Buffer } from 'node:buffer';
import { OciError } from '../model/oci-error.ts';

/** An object of unknown shape out of a JSON document. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Parses JSON bytes; throws OciError `corrupt` naming `what`. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch (cause) {
    throw new OciError('corrupt', `${what} is not JSON`, { cause });
  }
}

/** An object, or OciError `corrupt`. */
export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new OciError('corrupt', `${what} is no object`);
}

/** A list, empty when it is null or absent, or OciError `corrupt`. */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new OciError('corrupt', `${what} is no list`);
}

/** A string, or OciError `corrupt`. */
export function stringOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new OciError('corrupt', `${what} is no string`);
}

/** A value with the keys of every object sorted, so that equal values render to equal JSON. */
export function canonicalJson(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(sortKeys(value)), 'utf8');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  entries.sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sortKeys(member)]));
}
