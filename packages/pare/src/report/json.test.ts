import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sampleReport } from './fixtures/sample-report.ts';
import { memberPieces, parseReport, renderReportJson, reportJsonPieces } from './json.ts';
import { planInOrder } from './key-order.ts';

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversed(inner)]),
  );
}

test('comes back as it went', () => {
  expect(parseReport(renderReportJson(sampleReport), 'report.json')).toEqual(sampleReport);
});

test('keeps names that are not UTF-8 through the bytes of a file', () => {
  const bytes = Buffer.from(renderReportJson(sampleReport), 'utf8');
  const report = parseReport(bytes.toString('utf8'), 'report.json');
  expect(report.plan.kept.map(({ path }) => path)).toContain('/var/log/\udcff.log');
});

test('gives the same text whatever order the keys were set in, what matters most first', () => {
  const text = renderReportJson(sampleReport);
  expect(renderReportJson(reversed(sampleReport) as typeof sampleReport)).toBe(text);
  expect(text.startsWith('{\n  "schema": "pare.report/1",\n  "pareVersion"')).toBe(true);
  expect(text.endsWith('}\n')).toBe(true);
});

test('takes the text of a member that was rendered ahead', () => {
  const { plan } = sampleReport;
  const text = renderReportJson(sampleReport);
  const ahead = [...memberPieces(planInOrder(plan))];
  expect(reportJsonPieces(sampleReport, new Map([[plan, ahead]])).join('')).toBe(text);
  expect(reportJsonPieces(sampleReport, new Map([[plan, ['"ahead"']]])).join('')).toContain(
    '\n  "plan": "ahead",\n',
  );
});

test.each([
  ['', 'it is not JSON'],
  ['{"schema": "pare.report/1"', 'it is not JSON'],
  ['[]', 'it is not an object'],
  ['{}', 'it has no schema'],
  ['{"schema": "pare.report/2"}', 'its schema is "pare.report/2"'],
  ['{"schema": "pare.report/1"}', '"fat" is no image'],
  [renderReportJson({ ...sampleReport, tags: [1] as unknown as string[] }), '"tags"'],
  [JSON.stringify({ ...sampleReport, plan: { ...sampleReport.plan, kept: [{ path: 1 }] } }), '"plan.kept"'],
])('refuses what is no report: %.40s', (text, why) => {
  expect(() => parseReport(text, 'a.json')).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: expect.stringContaining(`a.json is not a report of pare build: ${why}`),
    }),
  );
});

test('never fails on JSON in another way than by its error', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? { ...value, schema: 'pare.report/1' }
          : value,
      );
      expect(() => parseReport(text, 'x')).toThrow(expect.objectContaining({ code: 'usage' }));
    }),
  );
});
