import { memoryTree } from '@pare/testkit';
import { expect, test } from 'vitest';
import { installed, keptIn, type PlanCase, planCase } from './testing/plan-case.ts';

/** Plans a tree of such files; gives those that are kept. */
function keptFiles(files: readonly string[], given: PlanCase): readonly string[] {
  const plan = planCase(memoryTree(Object.fromEntries(files.map((path) => [path, 'x']))), given);
  return files.filter((path) => keptIn(plan, path).includes(path));
}

const program = '/usr/bin/perl';
const base = '/usr/lib/x86_64-linux-gnu/perl-base';
const share = '/usr/share/perl/5.36.0';

test('leaves out copies of modules that the search path never reaches', () => {
  const files = [program, `${base}/strict.pm`, `${share}/strict.pm`, `${share}/Benchmark.pm`];
  expect(keptFiles(files, { uses: [program] })).toEqual([
    program,
    `${base}/strict.pm`,
    `${share}/Benchmark.pm`,
  ]);
});

test('keeps the copies for a perl that is embedded: it does not search perl-base', () => {
  const library = '/usr/lib/x86_64-linux-gnu/libperl.so.5.36';
  const files = [library, `${base}/strict.pm`, `${share}/strict.pm`];
  expect(keptFiles(files, { uses: [library] })).toEqual(files);
});

test('keeps a copy that the run used', () => {
  const files = [program, `${base}/strict.pm`, `${share}/strict.pm`];
  expect(keptFiles(files, { uses: [program, `${share}/strict.pm`] })).toEqual(files);
});

test('keeps modules where nothing comes before them', () => {
  expect(keptFiles([program, `${share}/strict.pm`], { uses: [program] })).toHaveLength(2);
});

test('leaves copies out of whole packages too', () => {
  const [first, second] = ['/usr/lib/python3/dist-packages/n', '/usr/lib/python3.11/dist-packages/n'];
  const files = [`${first}/__init__.py`, `${first}/a.so`, `${second}/a.so`, `${second}/b.so`];
  const kept = keptFiles(files, { uses: [files[0] ?? ''], packages: [installed('deb', 'n', files)] });
  expect(kept).toEqual([`${first}/__init__.py`, `${first}/a.so`, `${second}/b.so`]);
});
