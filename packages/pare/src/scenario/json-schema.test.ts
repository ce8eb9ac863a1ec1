import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scenarioJsonSchema } from './json-schema.ts';

test('the published schema is that of the code (node scripts/write-scenario-schema.ts writes it)', () => {
  const published = readFileSync(new URL('../../../../docs/pare.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(published)).toEqual(scenarioJsonSchema());
});

test('the schema names every key of a scenario and allows no other', () => {
  const schema = scenarioJsonSchema() as { readonly properties: object };
  expect(Object.keys(schema.properties)).toEqual([
    'version',
    'run',
    'readiness',
    'probes',
    'dependencies',
    'runs',
    'keep',
    'drop',
  ]);
  expect(schema).toMatchObject({ required: ['version'], additionalProperties: false });
});
