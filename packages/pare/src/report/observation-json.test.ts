import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PareError } from '../model/pare-error.ts';
import { sampleReport } from './fixtures/sample-report.ts';
import { renderReportJson } from './json.ts';
import { parseObservation, renderObservationJson } from './observation-json.ts';

const { observation } = sampleReport;

test('an observation survives being written and read, names that are not UTF-8 included', () => {
  const text = renderObservationJson(observation);
  expect(renderObservationJson(parseObservation(text, 'o.json'))).toBe(text);
  expect(parseObservation(text, 'o.json').files).toContainEqual(
    expect.objectContaining({ path: '/var/log/\udcff.log', probe: 0 }),
  );
});

test('takes the observation out of a report', () => {
  const taken = parseObservation(renderReportJson(sampleReport), 'report.json');
  expect(renderObservationJson(taken)).toBe(renderObservationJson(observation));
});

test.each([
  ['nothing', ''],
  ['a text that is cut off', renderObservationJson(observation).slice(0, 300)],
  ['a list', '[]'],
  ['another schema', '{"schema":"pare.info/1"}'],
  ['no schema', '{}'],
  ['a relative path', changed({ files: [{ ...observation.files[0], path: 'etc/passwd' }] })],
  ['a process that is not there', changed({ files: [{ ...observation.files[0], process: 9 }] })],
  ['a probe that is not there', changed({ files: [{ ...observation.files[0], probe: 9 }] })],
  ['no account', changed({ account: undefined })],
])('refuses %s as usage', (_, text) => {
  expect(() => parseObservation(text, 'o.json')).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining('o.json is no') }),
  );
});

test('any JSON gives an observation or a PareError', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const whole = {
        ...observation,
        ...(value !== null && typeof value === 'object' ? value : { files: value }),
      };
      for (const text of [JSON.stringify(value), JSON.stringify(whole)]) {
        try {
          parseObservation(text, 'o.json');
        } catch (error) {
          expect(error).toBeInstanceOf(PareError);
        }
      }
    }),
  );
});

function changed(over: object): string {
  return JSON.stringify({ ...observation, ...over });
}
