import type { HttpQuestion } from '../http/request.ts';
import { asMapping, exampleOf, givenExample, type LooseSchema } from './example.ts';

/** Reading comes before writing, and what takes away comes last. */
const methods = ['get', 'head', 'options', 'post', 'put', 'patch', 'delete'] as const;
const operationLimit = 500;

/**
 * A request for every operation of a dereferenced specification (OpenAPI 3.x or Swagger 2.0), with the examples that it
 * gives and made-up values for the rest; optional parameters only where they have an example. In the order of the
 * methods, then of the specification. `beyond` is how many are over the limit.
 */
export function operationsOf(spec: LooseSchema): {
  readonly questions: readonly HttpQuestion[];
  readonly beyond: number;
} {
  const base = basePath(spec);
  const paths = Object.entries(asMapping(spec.paths));
  const questions = methods.flatMap((method) =>
    paths.flatMap(([path, item]) => {
      const operation = asMapping(item)[method];
      if (operation === undefined) return [];
      return [questionOf(method.toUpperCase(), `${base}${path}`, asMapping(item), asMapping(operation))];
    }),
  );
  const all = questions.filter(({ path }) => path.startsWith('/'));
  return { questions: all.slice(0, operationLimit), beyond: Math.max(0, all.length - operationLimit) };
}

/** `servers[0].url` or `basePath`, without what is not a path. */
function basePath(spec: LooseSchema): string {
  if (typeof spec.basePath === 'string') return spec.basePath.replace(/\/+$/, '');
  const [server] = Array.isArray(spec.servers) ? spec.servers : [];
  const { url } = asMapping(server);
  if (typeof url !== 'string' || !URL.canParse(url, 'http://localhost')) return '';
  return new URL(url, 'http://localhost').pathname.replace(/\/+$/, '');
}

function questionOf(
  method: string,
  template: string,
  item: LooseSchema,
  operation: LooseSchema,
): HttpQuestion {
  const parameters = parametersOf(item, operation);
  const values = (place: string) =>
    parameters
      .filter((parameter) => parameter.in === place && isWanted(parameter))
      .map((parameter) => [String(parameter.name), parameterValue(parameter)] as const);
  const inPath = new Map(values('path'));
  const path = template.replace(/\{([^{}]*)\}/g, (_, name: string) =>
    encodeURIComponent(plain(inPath.get(name) ?? 'string')),
  );
  const query = new URLSearchParams(
    values('query').flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, plain(one)]),
    ),
  ).toString();
  const headers = Object.fromEntries(
    values('header').map(([name, value]) => [name.toLowerCase(), plain(value)]),
  );
  const cookies = values('cookie').map(([name, value]) => `${name}=${encodeURIComponent(plain(value))}`);
  const body = bodyOf(operation, parameters);
  return {
    method,
    path: query === '' ? path : `${path}?${query}`,
    headers: {
      ...headers,
      ...(cookies.length === 0 ? {} : { cookie: cookies.join('; ') }),
      ...(body === undefined ? {} : { 'content-type': body.type }),
    },
    ...(body === undefined ? {} : { body: body.text }),
  };
}

/** Those of the path, overridden by those of the operation (by name and place). */
function parametersOf(item: LooseSchema, operation: LooseSchema): readonly LooseSchema[] {
  const all = [item.parameters, operation.parameters].flatMap((list) => (Array.isArray(list) ? list : []));
  return [...new Map(all.map(asMapping).map((one) => [`${one.in} ${one.name}`, one])).values()];
}

function isWanted(parameter: LooseSchema): boolean {
  return (
    parameter.in === 'path' ||
    parameter.required === true ||
    givenExample(parameter) !== undefined ||
    givenExample(asMapping(parameter.schema)) !== undefined
  );
}

/** Swagger 2.0 writes the type beside the name, OpenAPI 3 in a schema, or in a media type. */
function parameterValue(parameter: LooseSchema): unknown {
  const [media] = Object.values(asMapping(parameter.content));
  const schema = asMapping(parameter.schema ?? asMapping(media).schema ?? parameter);
  return givenExample(parameter) ?? exampleOf(schema);
}

function plain(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

interface Body {
  readonly type: string;
  readonly text: string;
}

function bodyOf(operation: LooseSchema, parameters: readonly LooseSchema[]): Body | undefined {
  const whole = parameters.find((parameter) => parameter.in === 'body');
  if (whole !== undefined) {
    const value = givenExample(whole) ?? exampleOf(asMapping(whole.schema));
    return { type: 'application/json', text: JSON.stringify(value) };
  }
  const fields = parameters.filter((parameter) => parameter.in === 'formData' && parameter.type !== 'file');
  if (fields.length > 0) {
    return form(Object.fromEntries(fields.map((field) => [String(field.name), parameterValue(field)])));
  }
  const content = asMapping(asMapping(operation.requestBody).content);
  const types = Object.keys(content);
  const type = types.find((one) => /json/i.test(one)) ?? types[0];
  if (type === undefined) return undefined;
  const media = asMapping(content[type]);
  const value = givenExample(media) ?? exampleOf(asMapping(media.schema));
  if (/x-www-form-urlencoded/i.test(type)) return form(asMapping(value));
  if (/json/i.test(type)) return { type, text: JSON.stringify(value) };
  return { type, text: plain(value) };
}

function form(fields: LooseSchema): Body {
  const pairs = Object.entries(fields).map(([name, value]): [string, string] => [name, plain(value)]);
  return { type: 'application/x-www-form-urlencoded', text: new URLSearchParams(pairs).toString() };
}
