/** The parts of a JSON schema that a value can be made from. Nothing in it is taken for granted: it is the application's. */
export type LooseSchema = Readonly<Record<string, unknown>>;

const depthLimit = 8;
const propertyLimit = 100;

/** Values that well-known formats of strings ask for (OpenAPI 3.1 "Data Types", JSON Schema "format"). */
const formats: Readonly<Record<string, string>> = {
  date: '2020-01-01',
  'date-time': '2020-01-01T00:00:00Z',
  time: '00:00:00Z',
  email: 'user@example.com',
  hostname: 'example.com',
  ipv4: '127.0.0.1',
  ipv6: '::1',
  uri: 'http://example.com/',
  url: 'http://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
  byte: 'AA==',
  binary: 'AA==',
};

/** A mapping, or an empty one for anything else. */
export function asMapping(value: unknown): LooseSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as LooseSchema) : {};
}

/** The example that a parameter, a media type or a schema gives itself; undefined when it gives none. */
export function givenExample(holder: LooseSchema): unknown {
  if (holder.example !== undefined) return holder.example;
  const { examples } = holder;
  // A list in a schema (JSON Schema), a mapping of objects with a value elsewhere (OpenAPI 3).
  if (Array.isArray(examples)) return examples[0];
  const [first] = Object.values(asMapping(examples));
  return asMapping(first).value;
}

/**
 * A value that fits a schema: its own example, default, constant or first choice, else the least that its type allows. Equal
 * for equal schemas. Cycles end after some depth.
 */
export function exampleOf(schema: LooseSchema, depth = 0): unknown {
  const given = givenExample(schema) ?? schema.default ?? schema.const;
  if (given !== undefined) return given;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return schema.enum[0];
  if (depth > depthLimit) return null;
  for (const key of ['oneOf', 'anyOf'] as const) {
    const choices = schema[key];
    if (Array.isArray(choices)) return exampleOf(asMapping(choices[0]), depth + 1);
  }
  if (Array.isArray(schema.allOf)) {
    const parts = schema.allOf.map((one) => exampleOf(asMapping(one), depth + 1));
    return Object.assign({}, ...parts.map(asMapping), asMapping(propertiesOf(schema, depth)));
  }
  return byType(schema, depth);
}

function byType(schema: LooseSchema, depth: number): unknown {
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;
  switch (type ?? (schema.properties === undefined ? 'string' : 'object')) {
    case 'object':
      return propertiesOf(schema, depth);
    case 'array':
      return [exampleOf(asMapping(schema.items), depth + 1)];
    case 'integer':
      return Math.ceil(least(schema));
    case 'number':
      return least(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return text(schema);
  }
}

function propertiesOf(schema: LooseSchema, depth: number): LooseSchema {
  const properties = Object.entries(asMapping(schema.properties)).slice(0, propertyLimit);
  return Object.fromEntries(
    properties
      .filter(([, property]) => asMapping(property).readOnly !== true)
      .map(([name, property]) => [name, exampleOf(asMapping(property), depth + 1)]),
  );
}

function least(schema: LooseSchema): number {
  const { exclusiveMinimum, minimum } = schema;
  if (typeof exclusiveMinimum === 'number') return exclusiveMinimum + 1;
  if (typeof minimum !== 'number') return 1;
  return exclusiveMinimum === true ? minimum + 1 : minimum;
}

function text(schema: LooseSchema): string {
  const format = typeof schema.format === 'string' ? formats[schema.format] : undefined;
  const least = typeof schema.minLength === 'number' ? Math.min(schema.minLength, 1000) : 0;
  return (format ?? 'string').padEnd(least, 'x');
}
