import { scenarioForm } from './scenario-form.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

/** As much of valibot's schemas as the forms are made of. */
interface Node {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Node>>;
  readonly rest?: Node;
  readonly wrapped?: Node;
  readonly item?: Node;
  readonly key?: Node;
  readonly value?: Node;
  readonly literal?: unknown;
  readonly options?: readonly unknown[];
  readonly pipe?: readonly Node[];
  readonly choice?: Readonly<Record<string, Node>>;
  readonly requirement?: unknown;
}

/** The form of a `pare.yaml` as JSON Schema (draft 2020-12), made from the code that parses it. */
export function scenarioJsonSchema(): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'pare.yaml: how an application is started and exercised, and what is kept of its image',
    ...schemaOf(scenarioForm as unknown as Node),
  };
}

/** Throws Error for a schema that no form uses yet: it must be added here. */
function schemaOf(node: Node): JsonSchema {
  if (node.choice !== undefined) return anyOf(Object.values(node.choice).map(schemaOf));
  // What is transformed is written as it comes in: the first of a pipe, with what is asked of it.
  if (node.pipe !== undefined) {
    const [first, ...actions] = node.pipe;
    if (first === undefined) return {};
    const { pipe: _, ...plain } = first;
    return Object.assign({}, schemaOf(plain), ...actions.map(constraintOf));
  }
  switch (node.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return { type: node.type };
    case 'literal':
      return { const: node.literal };
    case 'picklist':
      return { enum: node.options };
    case 'unknown':
      return {};
    case 'optional':
      return node.wrapped === undefined ? {} : schemaOf(node.wrapped);
    case 'nullable':
      return anyOf([node.wrapped === undefined ? {} : schemaOf(node.wrapped), { type: 'null' }]);
    case 'array':
      return { type: 'array', items: node.item === undefined ? {} : schemaOf(node.item) };
    case 'record':
      return { type: 'object', additionalProperties: node.value === undefined ? {} : schemaOf(node.value) };
    case 'union':
      return anyOf((node.options as readonly Node[]).map(schemaOf));
    case 'strict_object':
    case 'object_with_rest':
      return objectSchema(node);
    default:
      throw new Error(`no JSON schema for ${node.type}`);
  }
}

function anyOf(schemas: readonly JsonSchema[]): JsonSchema {
  const [only] = schemas;
  return schemas.length === 1 && only !== undefined ? only : { anyOf: schemas };
}

function objectSchema({ entries = {}, rest }: Node): JsonSchema {
  const required = Object.entries(entries).flatMap(([key, { type }]) => (type === 'optional' ? [] : [key]));
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(entries).map(([key, entry]) => [key, schemaOf(entry)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: rest === undefined ? false : schemaOf(rest),
  };
}

function constraintOf({ type, requirement }: Node): JsonSchema {
  switch (type) {
    case 'regex':
      return requirement instanceof RegExp ? { pattern: requirement.source } : {};
    case 'starts_with':
      return { pattern: `^${String(requirement)}` };
    case 'integer':
      return { type: 'integer' };
    case 'min_value':
      return { minimum: requirement };
    case 'max_value':
      return { maximum: requirement };
    case 'non_empty':
      return { minLength: 1 };
    case 'min_length':
      return { minItems: requirement };
    default:
      return {};
  }
}
