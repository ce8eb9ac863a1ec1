import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { docker } from '@pare/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareMetadata } from '../../samples/compare-metadata.ts';
import { runCommand } from '../../samples/run-command.ts';
import { runFullTest, sampleNames } from '../../samples/run-full-test.ts';
import { removeImages } from './docker.ts';
import { openScratch, runPare } from './pare-command.ts';

const repository = join(import.meta.dirname, '../..');

/** What the tool we succeed reached on like images: an observed image of ours is no larger. */
const recordedPeer: Readonly<Record<string, { readonly observedMB: number }>> = JSON.parse(
  await readFile(join(repository, 'samples/recorded-peer.json'), 'utf8'),
);

const run = randomUUID().slice(0, 8);
const fatImage = (name: string) => `pare-samples/${name}:latest`;
const slimImage = (name: string, variant: string) => `pare-e2e-samples/${name}:${variant}-${run}`;

/** Builds a sample as the demo does; gives the ID and the size of what was tagged. */
async function build(
  name: string,
  level: 'used' | 'observed',
  tag: string,
): Promise<{ readonly id: string; readonly sizeBytes: number }> {
  await using scratch = await openScratch();
  const scenario: readonly string[] = JSON.parse(
    await readFile(join(repository, 'samples', name, 'scenario.json'), 'utf8'),
  );
  const options = ['--keep', level, '--tag', tag, '--artifacts', scratch.artifacts];
  const ended = await runPare(['build', ...options, ...scenario, fatImage(name)], scratch);
  expect(ended.code, `${ended.stdout}${ended.stderr}`).toBe(0);
  const [id, size] = (await docker(['image', 'inspect', '--format', '{{.Id}} {{.Size}}', tag]))
    .trim()
    .split(' ');
  return { id: id ?? '', sizeBytes: Number(size) };
}

beforeAll(async () => {
  const built = await runCommand([join(repository, 'samples/build')]);
  expect(built.exitCode, built.stderr).toBe(0);
});

test('there are the six samples of the demo', () => {
  expect(sampleNames()).toEqual(['cli', 'java', 'nginx', 'node', 'python', 'ruby']);
});

describe.each(sampleNames())('the %s sample', (name) => {
  const used = slimImage(name, 'used');
  const again = slimImage(name, 'again');
  const observed = slimImage(name, 'observed');
  let usedId: string;

  beforeAll(async () => {
    usedId = (await build(name, 'used', used)).id;
  });
  afterAll(() => removeImages(used, again, observed));

  test('passes its own full test when slim', async () => {
    const result = await runFullTest(name, used);
    expect(result.failed).toEqual([]);
    expect(result.passed.length).toBeGreaterThanOrEqual(20);
  });

  test('keeps owners, modes, times, attributes, links and contents of every entry', async () => {
    const { differences, entries } = await compareMetadata(fatImage(name), used);
    expect(differences).toEqual([]);
    expect(entries).toBeGreaterThan(100);
  });

  test('keeps what its configuration says', async () => {
    const config = async (image: string) => {
      const text = await docker(['image', 'inspect', '--format', '{{json .Config}}', image]);
      const { User, Healthcheck, Entrypoint, Cmd, ExposedPorts, Env, WorkingDir, Volumes } = JSON.parse(text);
      return { User, Healthcheck, Entrypoint, Cmd, ExposedPorts, Env, WorkingDir, Volumes };
    };
    expect(await config(used)).toEqual(await config(fatImage(name)));
  });

  test('has the same digest when it is built again', async () => {
    expect((await build(name, 'used', again)).id).toBe(usedId);
  });

  test('is no larger than a peer makes it when only what ran is kept, and its full test can tell', async () => {
    const { sizeBytes } = await build(name, 'observed', observed);
    const limit = recordedPeer[name]?.observedMB;
    if (limit !== undefined) expect(sizeBytes / 1e6).toBeLessThanOrEqual(limit);
    // Half of an application is lost at this level: a full test that passed it would test nothing.
    expect((await runFullTest(name, observed)).failed).not.toEqual([]);
  });
});
