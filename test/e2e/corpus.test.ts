import { beforeAll, describe, expect, test } from 'vitest';
import { buildBase, buildEntry, fatTag } from '../corpus/build.ts';
import { corpusNames, loadFunctional } from '../corpus/entries.ts';
import { measureLevel, testImage } from '../corpus/measure.ts';

/** Fast ones of several kinds: `node test/corpus/run.ts --all` runs the whole, and takes half an hour. */
const quick = ['flask', 'haproxy', 'redis', 'tini'];

beforeAll(buildBase);

test('every entry of the corpus has a functional test of its own name', async () => {
  expect(corpusNames().length).toBeGreaterThanOrEqual(24);
  for (const name of corpusNames()) expect((await loadFunctional(name)).name).toBe(name);
});

describe.each(quick)('the corpus entry %s', (name) => {
  beforeAll(() => buildEntry(name));

  test('does when slim what its scenario never tried, and keeps the same paths a second time', async () => {
    const fat = await testImage(name, fatTag(name));
    expect(fat.failed).toEqual([]);
    const { result, messages } = await measureLevel(name, 'used', { twice: true });
    expect(messages).toEqual([]);
    expect(result.passed).toBe(fat.passed.length);
    expect(result.differing).toEqual([]);
  });
});
