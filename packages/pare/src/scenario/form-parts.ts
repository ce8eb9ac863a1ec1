import * as v from 'valibot';
import { parseDurationMs, parseSizeBytes } from './quantities.ts';
import { splitWords } from './words.ts';

/** The pieces that forms of YAML files are made of. Each parses what a person may write into what Pare works with. */

export const text = v.string();
const scalar = v.union([v.string(), v.number(), v.boolean()]);
const asText = v.pipe(scalar, v.transform(String));

/** Which form a value is parsed by, chosen by its JSON type, so that an error is that of the form that was meant. */
export interface Choice {
  readonly string?: v.GenericSchema;
  readonly number?: v.GenericSchema;
  readonly list?: v.GenericSchema;
  readonly object?: v.GenericSchema;
}

/** A schema with the choices it was made of, for the published JSON schema. */
export type ChoiceSchema<Out> = v.GenericSchema<unknown, Out> & { readonly choice: Choice };

/** One of several forms. A value of another JSON type is refused with the list of those that there are. */
export function either<const C extends Choice>(choice: C): ChoiceSchema<OutputOf<C>> {
  const expected = (Object.keys(choice) as (keyof Choice)[]).map((type) => typeWords[type]).join(' or ');
  const schema = v.lazy((input) => choice[jsonTypeOf(input)] ?? v.never(`expected ${expected}`));
  return Object.assign(schema, { choice }) as unknown as ChoiceSchema<OutputOf<C>>;
}

const typeWords: Readonly<Record<keyof Choice, string>> = {
  string: 'text',
  number: 'a number',
  list: 'a list',
  object: 'a mapping',
};

/** A mapping and nothing else: valibot takes a list for an object too. */
export function mapping<const S extends v.GenericSchema>(schema: S): ChoiceSchema<v.InferOutput<S>> {
  return either({ object: schema }) as unknown as ChoiceSchema<v.InferOutput<S>>;
}

type OutputOf<C extends Choice> = v.InferOutput<Extract<C[keyof C], v.GenericSchema>>;

function jsonTypeOf(input: unknown): keyof Choice {
  if (Array.isArray(input)) return 'list';
  if (typeof input === 'object' && input !== null) return 'object';
  return typeof input === 'number' ? 'number' : 'string';
}

export const texts = v.array(asText);

/** `[A=b]` or `{ A: b }`. */
export const environment = either({
  list: v.array(v.pipe(v.string(), v.regex(/^[^=]/, 'must be NAME=value or NAME'))),
  object: v.pipe(
    v.record(v.string(), v.nullable(scalar)),
    v.transform((record) =>
      Object.entries(record).map(([name, value]) => (value === null ? name : `${name}=${String(value)}`)),
    ),
  ),
});

/** Words as a list, or one line that is split as a shell splits it. */
export const argv = either({ list: texts, string: v.pipe(v.string(), v.transform(splitWords)) });

/** A command line for a shell, or words. */
export const command = either({
  string: v.pipe(v.string(), v.nonEmpty('is empty')),
  list: v.pipe(texts, v.minLength(1, 'is empty')),
});

export const port = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(1, 'must be a port from 1 to 65535'),
  v.maxValue(65_535, 'must be a port from 1 to 65535'),
);

export const count = v.pipe(
  v.number(),
  v.integer('must be a whole number'),
  v.minValue(1, 'must be 1 or more'),
);

/** Milliseconds. */
export const duration = either({
  number: v.pipe(
    v.number(),
    v.minValue(0, 'must not be negative'),
    v.transform((seconds) => Math.round(seconds * 1000)),
  ),
  string: v.pipe(
    v.string(),
    v.regex(/^\d{1,9}(\.\d{1,9})?(ms|s|m|h)?$/, 'must be seconds, or a duration such as 500ms, 90s or 2m'),
    v.transform((written) => parseDurationMs(written) ?? 0),
  ),
});

/** Bytes. */
export const size = either({
  number: v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(0, 'must not be negative')),
  string: v.pipe(
    v.string(),
    v.regex(/^\d{1,12}(\.\d{1,9})?\s?[bkmgBKMG]?[bB]?$/, 'must be a size such as 64m or 1g'),
    v.transform((written) => parseSizeBytes(written) ?? 0),
  ),
});

export const urlPath = v.pipe(v.string(), v.startsWith('/', 'must begin with /'));

export const pattern = v.pipe(v.string(), v.check(isPattern, 'is no regular expression'));

function isPattern(source: string): boolean {
  try {
    return new RegExp(source).source !== '';
  } catch {
    return false;
  }
}

/** Names and values; numbers and booleans count as written. */
export const dictionary = v.record(v.string(), asText);

export const headerPatterns = v.pipe(
  v.record(v.string(), pattern),
  v.transform((record) =>
    Object.fromEntries(Object.entries(record).map(([name, value]) => [name.toLowerCase(), value])),
  ),
);
