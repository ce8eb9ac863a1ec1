#!/usr/bin/env node
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readCommandLine, refuse } from '../scripts/command-line.ts';
import type { FullTest, FullTestResult } from './full-test.ts';
import { SampleContainer } from './sample-container.ts';
import type { StartContainer } from './started-container.ts';

/** The names of all samples: the folders here that hold a full test. */
export function sampleNames(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((name) => existsSync(join(import.meta.dirname, name, 'full-test.ts')))
    .sort();
}

/** The full test of one sample. Throws for a name that no sample has. */
export async function loadFullTest(name: string): Promise<FullTest> {
  if (!sampleNames().includes(name))
    throw new Error(`no such sample: ${name} (there are: ${sampleNames().join(', ')})`);
  const loaded: { readonly fullTest: FullTest } = await import(
    pathToFileURL(join(import.meta.dirname, name, 'full-test.ts')).href
  );
  return loaded.fullTest;
}

/** Starts `image`, fat or slim, on docker unless told otherwise, runs the sample's full test against it and removes the container. */
export async function runFullTest(
  name: string,
  image: string,
  startContainer?: StartContainer,
): Promise<FullTestResult> {
  const test = await loadFullTest(name);
  await using container = await SampleContainer.start(test, image, undefined, startContainer);
  return await test.run(container.target);
}

/** Loaded on demand: docker's tests need none of the engine's code. */
async function embeddedStart(): Promise<StartContainer> {
  return (await import('./embedded-container.ts')).startByEmbedded;
}

function renderTable(result: FullTestResult): string {
  const total = result.passed.length + result.failed.length;
  return [
    ...result.passed.map((title) => `  pass  ${title}`),
    ...result.failed.map(
      ({ check, message }) => `  FAIL  ${check}\n        ${message.replaceAll('\n', '\n        ')}`,
    ),
    `${result.passed.length} of ${total} checks passed`,
  ].join('\n');
}

if (import.meta.main) {
  const usage = {
    text: `usage: node samples/run-full-test.ts [--engine docker|embedded] NAME IMAGE
Starts IMAGE, runs the full test of a sample against it, and ends with 1 when a check fails.
NAME is one of ${sampleNames().join(', ')}
`,
    options: { engine: { type: 'string', default: 'docker' } },
  } as const;
  const { values, names } = readCommandLine(usage);
  const [name, image, ...rest] = names;
  if (name === undefined || image === undefined || rest.length > 0)
    refuse('a NAME and an IMAGE are wanted', usage);
  if (!sampleNames().includes(name)) refuse(`${name} is none of ${sampleNames().join(', ')}`, usage);
  if (!['docker', 'embedded'].includes(values.engine))
    refuse(`--engine does not take ${values.engine}`, usage);
  try {
    const result = await runFullTest(
      name,
      image,
      values.engine === 'embedded' ? await embeddedStart() : undefined,
    );
    process.stdout.write(`${renderTable(result)}\n`);
    process.exitCode = result.failed.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
