/** Any JSON value. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

type JsonObject = { readonly [name: string]: JsonValue };

/** Parses JSON text, with or without a byte order mark. Throws SyntaxError. */
export function parseJson(text: string): JsonValue {
  return JSON.parse(text.replace(/^\uFEFF/, ''));
}

/** Whether a value is an object and no list. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that is a string; undefined for any other. */
export function stringIn(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  return typeof value === 'string' ? value : undefined;
}

/** The names of the members of a member that is an object; none for any other. */
export function namesIn(object: JsonObject, name: string): readonly string[] {
  const value = object[name];
  return isObject(value) ? Object.keys(value) : [];
}

/** The objects in a member that is a list; none for any other. */
export function objectsIn(object: JsonObject, name: string): readonly JsonObject[] {
  const value = object[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}
