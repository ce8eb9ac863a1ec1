import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostPath } from '@pare/oci';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { ProbeOf } from '../probe.ts';
import { recordSteps } from '../testing/recorded-steps.ts';
import { exampleOf } from './example.ts';
import { openapiProbe } from './index.ts';
import { operationsOf } from './operations.ts';

const servers: Server[] = [];
const directory = mkdtempSync(join(tmpdir(), 'pare-openapi-'));
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const petSchema = {
  type: 'object',
  required: ['name'],
  properties: {
    id: { type: 'integer', readOnly: true },
    name: { type: 'string', example: 'Rex' },
    born: { type: 'string', format: 'date' },
    kind: { enum: ['dog', 'cat'] },
    tags: { type: 'array', items: { type: 'string' } },
    parent: { $ref: '#/components/schemas/Pet' },
  },
};

const spec = {
  openapi: '3.0.3',
  info: { title: 'pets', version: '1' },
  servers: [{ url: 'https://example.com/v1/' }],
  paths: {
    '/pets/{id}': {
      parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'integer', minimum: 7 } }],
      delete: { responses: { 204: { description: 'gone' } } },
      get: {
        parameters: [
          { name: 'full', in: 'query', schema: { type: 'boolean' }, required: true },
          { name: 'page', in: 'query', schema: { type: 'integer' } },
          { name: 'X-Who', in: 'header', example: 'me', schema: { type: 'string' } },
        ],
        responses: { 200: { description: 'a pet' } },
      },
    },
    '/pets': {
      post: {
        requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' } } } },
        responses: { 201: { description: 'made' } },
      },
    },
  },
  components: { schemas: { Pet: petSchema } },
};

async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function run(hostPort: number, source: ProbeOf<'openapi'>['source'], steps = recordSteps()) {
  if (openapiProbe.needs !== 'http-port') throw new Error('not a probe of HTTP');
  const target = { scheme: 'http', port: 80, address: { host: '127.0.0.1', port: hostPort } } as const;
  const { signal } = new AbortController();
  return openapiProbe.run(
    { kind: 'openapi', source },
    { port: { target, fetched: new Map() }, steps, timeoutMs: 3000, signal },
  );
}

const api: RequestListener = (request, response) => {
  if (request.url === '/openapi.json') return void response.end(JSON.stringify(spec));
  if (request.url === '/secret.json')
    return void response.end(
      JSON.stringify({ ...spec, paths: { '/x': { $ref: 'file:///etc/passwd' } }, components: {} }),
    );
  request.on('data', () => undefined).on('end', () => response.end(`${request.method} ${request.url}`));
};

describe('the OpenAPI probe', () => {
  test('asks every operation of a specification that the application serves, in a set order', async () => {
    const answers = await run(await serve(api), { kind: 'path', path: '/openapi.json' });
    expect(answers.map((answer) => (answer.kind === 'http' ? answer.bodyText : answer))).toEqual([
      'GET /v1/pets/7?full=true',
      'POST /v1/pets',
      'DELETE /v1/pets/7',
    ]);
  });

  test('reads a file of the user, of YAML too, with what it refers to in other files', async () => {
    writeFileSync(join(directory, 'pet.json'), JSON.stringify(petSchema.properties.name));
    const file = hostPath(join(directory, 'api.yaml'));
    writeFileSync(
      file,
      `swagger: '2.0'
info: { title: x, version: '1' }
basePath: /api
paths:
  /named:
    post:
      consumes: [application/x-www-form-urlencoded]
      parameters: [{ name: name, in: formData, type: string, default: a b, required: true }]
      responses: { 200: { description: ok, schema: { $ref: pet.json } } }
`,
    );
    const answers = await run(await serve(api), { kind: 'file', file });
    expect(answers).toMatchObject([{ kind: 'http', bodyText: 'POST /api/named' }]);
  });

  test.each([
    ['is not there', '/missing', 'no OpenAPI or Swagger'],
    ['refers to a file of this machine', '/secret.json', ''],
  ])('fails on a specification that %s', async (_, path, message) => {
    const answers = await run(await serve(api), { kind: 'path', path });
    expect(JSON.stringify(answers)).not.toContain('root:');
    if (message !== '')
      expect(answers).toMatchObject([{ kind: 'failed', message: expect.stringContaining(message) }]);
  });
});

describe('operationsOf', () => {
  test('gives headers and bodies their examples', () => {
    const get = operationsOf({
      ...spec,
      paths: { '/pets/{id}': { get: spec.paths['/pets/{id}'].get, parameters: [] } },
    }).questions[0];
    expect(get).toEqual({ method: 'GET', path: '/v1/pets/string?full=true', headers: { 'x-who': 'me' } });
    const body = { content: { 'text/plain': { example: 'hi' } } };
    expect(operationsOf({ paths: { '/a': { put: { requestBody: body } } } }).questions).toEqual([
      { method: 'PUT', path: '/a', headers: { 'content-type': 'text/plain' }, body: 'hi' },
    ]);
  });

  test('asks a bounded number and tells how many are beyond', () => {
    const paths = Object.fromEntries(Array.from({ length: 503 }, (_, index) => [`/${index}`, { get: {} }]));
    const { beyond, questions } = operationsOf({ paths });
    expect([questions.length, beyond]).toEqual([500, 3]);
  });

  test('is empty for what is no specification', () => {
    for (const hostile of [
      {},
      { paths: null },
      { paths: { x: 1, '/y': { get: 3 } } },
      { servers: ['a', {}] },
    ])
      expect(() => operationsOf(hostile)).not.toThrow();
  });
});

describe('exampleOf', () => {
  test('makes the least value that fits', () => {
    expect(
      exampleOf({ ...petSchema, properties: { ...petSchema.properties, parent: { type: 'null' } } }),
    ).toEqual({
      name: 'Rex',
      born: '2020-01-01',
      kind: 'dog',
      tags: ['string'],
      parent: null,
    });
    expect(exampleOf({ type: 'integer', exclusiveMinimum: 3 })).toBe(4);
    expect(
      exampleOf({ allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { default: 2 } } }] }),
    ).toEqual({
      a: 1,
      b: 2,
    });
  });

  test('ends on a schema that contains itself', () => {
    const loop: Record<string, unknown> = { type: 'object' };
    loop.properties = { next: loop };
    expect(() => JSON.stringify(exampleOf(loop))).not.toThrow();
  });
});
