import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { docker, testBase } from '@pare/testkit';
import { expect, test } from 'vitest';
import type { RunReport } from '../../packages/pare/src/model/run-report.ts';
import { openScratch, runPare } from './pare-command.ts';

test('on the embedded engine an application finds its dependency by name, and so does its slim image', async () => {
  await using scratch = await openScratch();
  const at = (name: string) => join(scratch.temporary, '..', name);
  const fixture = join(import.meta.dirname, 'fixtures/embedded-dependencies/pare.yaml');
  await writeFile(at('pare.yaml'), (await readFile(fixture, 'utf8')).replaceAll('BASE', testBase()));
  await docker(['save', '--output', at('base.tar'), testBase()]);
  const pare = async (...args: readonly string[]) => {
    const ended = await runPare(['--engine', 'embedded', ...args], scratch, { XDG_DATA_HOME: at('data') });
    expect(ended.code, ended.stdout + ended.stderr).toBe(0);
  };
  await pare('load', at('base.tar'));
  const output = ['--artifacts', scratch.artifacts, '--tag', 'pare-e2e/dependent.slim:test'];
  // The image itself has a shell for its command: nothing that is slimmed without being told to.
  await pare('build', '--force', '--scenario', at('pare.yaml'), ...output, testBase());
  const report: RunReport = JSON.parse(await readFile(join(scratch.artifacts, 'report.json'), 'utf8'));
  expect(report.engine.kind).toBe('embedded');
  expect(report.verdict.answers).toMatchObject([{ kind: 'http', status: 200, bodyText: 'from the db\n' }]);
});
