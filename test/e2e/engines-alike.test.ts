import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { docker, testBase } from '@pare/testkit';
import { expect, test } from 'vitest';
import { hostAddress } from '../../packages/pare/src/engine/embedded/outlet.ts';
import type { RunReport } from '../../packages/pare/src/model/run-report.ts';
import { removeImages } from './docker.ts';
import { openScratch, runPare } from './pare-command.ts';

const slim = 'pare-e2e/dependent.slim:test';

test('one scenario with a dependency and a way out gives the same image and verdict on docker and embedded', async () => {
  await using scratch = await openScratch();
  const at = (name: string) => join(scratch.directory, name);
  const outside = createServer((client) => client.on('error', () => {}).end('from outside\n'));
  outside.listen(0, '0.0.0.0');
  await once(outside, 'listening');
  try {
    const { port } = outside.address() as AddressInfo;
    const fixture = await readFile(join(import.meta.dirname, 'fixtures/engines-alike/pare.yaml'), 'utf8');
    const text = fixture.replaceAll('BASE', testBase()).replaceAll('OUTSIDE', `${hostAddress()}:${port}`);
    await writeFile(at('pare.yaml'), text);
    const build = async (kind: 'docker' | 'embedded'): Promise<RunReport> => {
      const output = ['--artifacts', at(kind), '--tag', slim];
      // The image itself has a shell for its command: nothing that is slimmed without being told to.
      const args = ['build', '--force', '--scenario', at('pare.yaml'), ...output, testBase()];
      const environment = { XDG_DATA_HOME: at('data') };
      const ended = await runPare(['--engine', kind, ...args], scratch, environment);
      expect(ended.code, ended.stdout + ended.stderr).toBe(0);
      return JSON.parse(await readFile(join(at(kind), 'report.json'), 'utf8'));
    };
    const onDocker = await build('docker');
    await docker(['save', '--output', at('base.tar'), testBase()]);
    const loaded = await runPare(['load', at('base.tar')], scratch, { XDG_DATA_HOME: at('data') });
    expect(loaded.code, loaded.stderr).toBe(0);
    const onEmbedded = await build('embedded');
    expect(onEmbedded.engine.kind).toBe('embedded');
    for (const { verdict } of [onDocker, onEmbedded]) {
      expect(verdict.answers).toMatchObject([{ status: 200, bodyText: 'from the db\n from outside\n' }]);
    }
    expect(onEmbedded.plan.kept.map(({ path }) => path)).toEqual(onDocker.plan.kept.map(({ path }) => path));
    expect(onEmbedded.verdict).toMatchObject({ passed: true, compared: onDocker.verdict.compared });
  } finally {
    outside.close();
    await removeImages(slim);
  }
});
