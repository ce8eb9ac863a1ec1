import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { failedReport, sampleReport, sampleRisk } from './fixtures/sample-report.ts';
import { renderReportJson } from './json.ts';

interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const root = JSON.parse(
  readFileSync(new URL('../../../../docs/report.schema.json', import.meta.url), 'utf8'),
) as Schema;

const isType: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  integer: Number.isInteger,
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  array: Array.isArray,
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** The part of JSON Schema that the report's schema uses; and a property that it does not name is a problem. */
function problems(value: unknown, schema: Schema, at = '$'): readonly string[] {
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    return target === undefined ? [`${at}: no ${schema.$ref}`] : problems(value, target, at);
  }
  if (schema.oneOf !== undefined) {
    const matching = schema.oneOf.filter((one) => problems(value, one, at).length === 0);
    return matching.length === 1 ? [] : [`${at}: ${matching.length} of oneOf match`];
  }
  if ('const' in schema && value !== schema.const) return [`${at}: is not ${schema.const}`];
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return [`${at}: ${value} is not in the enum`];
  if (schema.type !== undefined && isType[schema.type]?.(value) !== true)
    return [`${at}: is no ${schema.type}`];
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(String(value)))
    return [`${at}: has not the pattern`];
  if (Array.isArray(value))
    return value.flatMap((item, index) => problems(item, schema.items ?? {}, `${at}[${index}]`));
  const { properties, required = [] } = schema;
  if (properties === undefined) return [];
  const object = value as Readonly<Record<string, unknown>>;
  return [
    ...required.filter((name) => !(name in object)).map((name) => `${at}.${name}: is missing`),
    ...Object.entries(object).flatMap(([name, inner]) =>
      properties[name] === undefined
        ? [`${at}.${name}: is not in the schema`]
        : problems(inner, properties[name], `${at}.${name}`),
    ),
  ];
}

test.each([
  ['passed', sampleReport],
  ['failed', failedReport],
  ['was made of merged observations', { ...sampleReport, risk: sampleRisk }],
])('the report of a build that %s is as docs/report.schema.json says', (_, report) => {
  expect(problems(JSON.parse(renderReportJson(report)), root)).toEqual([]);
});

test('the schema refuses what is not a report', () => {
  const report = JSON.parse(renderReportJson(sampleReport));
  expect(problems({}, root)).toContain('$.plan: is missing');
  expect(problems({ ...report, tags: [1] }, root)).toEqual(['$.tags[0]: is no string']);
  const plan = { ...report.plan, kept: [{ path: 'relative', reasons: [{ kind: 'luck' }] }] };
  expect(problems({ ...report, plan }, root).map((problem) => problem.slice(0, 30))).toEqual([
    '$.plan.kept[0].path: has not t',
    '$.plan.kept[0].reasons[0]: 0 o',
  ]);
});
