import type { ImagePath } from '@pare/oci';
import { expect, test } from 'vitest';
import type { Observation } from '../model/observation.ts';
import { sampleReport } from '../report/fixtures/sample-report.ts';
import { checkObservedImage, mergeObservations, readObservations } from './saved-observations.ts';

const { observation } = sampleReport;
const saved = (source: string, over: Partial<Observation> = {}) => ({
  source,
  observation: { ...observation, ...over },
});

test('counts in how many observations each path was asked for, also of ones that were merged before', () => {
  const [first, ...rest] = observation.files;
  if (first === undefined) throw new Error('the sample has files');
  const extra = { ...first, path: '/only/here' as ImagePath };
  const once = mergeObservations([saved('a'), saved('b', { files: [...rest, extra] })]);
  expect(once.mergedFrom).toBe(2);
  const counts = new Map(once.files.map(({ path, observedIn }) => [path as string, observedIn]));
  expect([counts.get(first.path), counts.get('/etc/app.conf'), counts.get('/only/here')]).toEqual([1, 2, 1]);
  const twice = mergeObservations([{ source: 'ab', observation: once }, saved('c')]);
  expect(twice.mergedFrom).toBe(3);
  expect(twice.files.find(({ path }) => path === '/etc/app.conf')?.observedIn).toBe(3);
});

test('gives a single observation back as it is', () => {
  expect(mergeObservations([saved('a')])).toEqual(observation);
});

test('refuses observations of different images and names both files', () => {
  const other = saved('other.json', { image: { reference: 'my/other', id: 'sha256:1' } });
  expect(() => mergeObservations([saved('one.json'), other])).toThrow(
    expect.objectContaining({
      code: 'usage',
      message: expect.stringMatching(/one\.json and other\.json/),
      details: [expect.stringContaining('my/app'), expect.stringContaining('my/other')],
    }),
  );
});

test('refuses to plan one image from an observation of another, none at all, and a file that is not there', async () => {
  expect(() => checkObservedImage(observation, { reference: 'x', id: 'sha256:2' })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
  expect(() => mergeObservations([])).toThrow(expect.objectContaining({ code: 'usage' }));
  await expect(readObservations(['/nonexistent/o.json'])).rejects.toMatchObject({ code: 'usage' });
});
