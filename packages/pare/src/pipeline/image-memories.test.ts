import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HostPath, hostPath, type ImagePath } from '@pare/oci';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AnalysisMemory } from '../analyze/analysis.ts';
import type { DirectoryTotal } from '../report/directory-totals.ts';
import { openImageMemories } from './image-memories.ts';

let directory: HostPath;
beforeEach(async () => {
  directory = hostPath(await mkdtemp(join(tmpdir(), 'pare-memory-')));
});
afterEach(() => rm(directory, { recursive: true }));

const image = `sha256:${'a'.repeat(64)}`;
/** A name that is no UTF-8 is held as a lone surrogate. */
const memory: AnalysisMemory = {
  packages: [],
  facts: [['/caf\udce9.sh' as ImagePath, [{ kind: 'uses-shell', from: '/caf\udce9.sh' as ImagePath }]]],
};
const openAnalyses = (codeIdentity: string | undefined) =>
  openImageMemories(directory, codeIdentity).analyses;

test('gives back what the same code learnt of the same image, and nothing else', async () => {
  const memories = openAnalyses('code-1');
  expect(await memories.recall(image)).toBeUndefined();
  await memories.keep(image, memory);
  expect(await memories.recall(image)).toEqual(memory);
  expect(await memories.recall(`sha256:${'b'.repeat(64)}`)).toBeUndefined();
  expect(await openAnalyses('code-2').recall(image)).toBeUndefined();
});

test('tells what is in directories from what analysis learnt', async () => {
  const { analyses, directoryTotals } = openImageMemories(directory, 'code-1');
  const totals: readonly DirectoryTotal[] = [['/a', 1, 2]];
  await directoryTotals.keep(image, totals);
  expect(await analyses.recall(image)).toBeUndefined();
  await analyses.keep(image, memory);
  expect(await directoryTotals.recall(image)).toEqual(totals);
  const name = image.replace('sha256:', '');
  await copyFile(join(directory, 'analyses', name), join(directory, 'directory-totals', name));
  expect(await directoryTotals.recall(image)).toBeUndefined();
});

test('takes what is damaged for nothing', async () => {
  const memories = openAnalyses('code-1');
  await memories.keep(image, memory);
  const [name = ''] = await readdir(join(directory, 'analyses'));
  const file = join(directory, 'analyses', name);
  const whole = await readFile(file, 'utf8');
  for (const damaged of [
    '',
    whole.slice(0, -1),
    whole.replace('uses-shell', 'uses-shelf'),
    whole.replace('\n', ' '),
  ]) {
    await writeFile(file, damaged);
    expect(await memories.recall(image)).toBeUndefined();
  }
  await writeFile(file, whole);
  expect(await memories.recall(image)).toEqual(memory);
});

test('keeps nothing for code without a name', async () => {
  const memories = openAnalyses(undefined);
  await memories.keep(image, memory);
  expect(await memories.recall(image)).toBeUndefined();
  expect(await readdir(directory)).toEqual([]);
});
